// Maven and Surefire.

import type { LogRule } from '../rule.ts'

export const mavenRules: LogRule[] = [
  {
    id: 'maven/dependency',
    hints: [
      'could not resolve dependencies',
      'could not find artifact',
      'non-resolvable',
      'failed to collect dependencies',
      'could not transfer artifact',
      'missing artifact',
    ],
    pattern:
      /^(?:\[ERROR\]|\[FATAL\]).{0,300}?((?:Could not resolve dependencies|Could not find artifact|Non-resolvable (?:parent|import) POM|Failed to collect dependencies|Could not transfer artifact).{0,400})/,
    role: 'cause',
    weight: 86,
    category: 'dependency',
    phase: 'install',
    severity: 'high',
    statement: 'Maven could not resolve a dependency: $1',
    fixes: [
      {
        action: 'Check the coordinates and version, and that the repository is reachable.',
        command: 'mvn -U dependency:resolve',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        '[ERROR] Failed to execute goal on project cart: Could not resolve dependencies for project acme:cart:jar:1.0: Could not find artifact acme:money:jar:9.9',
      ],
      nearMiss: [
        '[INFO] Downloaded from central: money-1.0.jar',
        '[WARNING] Could not find artifact in the local cache',
      ],
    },
  },
  {
    id: 'maven/convergence',
    hints: [
      'dependency convergence error',
      'require upper bound dependencies error',
      'found banned dependency',
      'duplicate classes found',
    ],
    pattern:
      /(?:Dependency convergence error for|Require upper bound dependencies error for|Found Banned Dependency:|Duplicate classes found:)(.{0,200})/,
    role: 'cause',
    sure: true,
    weight: 86,
    category: 'dependency',
    phase: 'build',
    severity: 'high',
    above: { while: /^\[(?:WARNING|ERROR)\]\s*$|^\[ERROR\] Rule \d+/, max: 2 },
    below: { while: /^(?:\[ERROR\] )?(?:\s*\+-|and$| {2})/, max: 8 },
    statement: 'Two versions of a dependency meet: $1',
    fixes: [
      {
        action: 'Choose one version in dependencyManagement, or exclude the other.',
        command: 'mvn dependency:tree',
        risk: 'medium',
      },
    ],
    examples: {
      positive: [
        'Dependency convergence error for com.fasterxml.jackson.core:jackson-databind:jar:2.15.2 paths to dependency are:',
      ],
      nearMiss: ['[INFO] Rule 0: DependencyConvergence passed', 'dependencies converge'],
    },
  },
  {
    id: 'maven/class-version',
    hints: [
      'unsupported class file major version',
      'class file has wrong version',
      'has been compiled by a more recent version',
      'class file for ',
    ],
    pattern:
      /Unsupported class file major version \d+|class file has wrong version [\d.]{1,8}|has been compiled by a more recent version of the Java Runtime.{0,100}/,
    role: 'cause',
    weight: 87,
    category: 'dependency',
    phase: 'build',
    severity: 'high',
    above: { while: /bad class file|cannot access/, max: 2 },
    below: { while: /^\s+Please remove/, max: 1 },
    statement: 'A class is of another Java version than the one that runs.',
    fixes: [
      {
        action: 'Run the build with a newer JDK, or use a version of the dependency that was compiled for this one.',
        risk: 'medium',
      },
    ],
    examples: {
      positive: ['    class file has wrong version 55.0, should be 52.0'],
      nearMiss: ['class file version 55.0 written'],
    },
  },
  {
    id: 'maven/java-release',
    hints: ['invalid target release', 'invalid source release', 'release version ', 'source option ', 'target option '],
    pattern:
      /invalid (?:target|source) release: \S{1,8}|release version \S{1,8} not supported|(?:Source|Target) option \S{1,8} is no longer supported/,
    role: 'cause',
    weight: 87,
    category: 'configuration',
    phase: 'build',
    severity: 'high',
    statement: 'The build asks for a Java release that the running JDK does not compile for.',
    fixes: [{ action: 'Run the build with a newer JDK, or lower the release that it asks for.', risk: 'medium' }],
    examples: {
      positive: [
        'Fatal error compiling: error: invalid target release: 21',
        'error: Source option 6 is no longer supported. Use 7 or later.',
      ],
      nearMiss: ['release version 21', 'source option -g'],
    },
  },
  {
    id: 'maven/lock',
    hints: ['lock file', 'lockfile'],
    pattern: /\[ERROR\] .{0,300}?([Ll]ock ?file (?:does not match|is out of date|validation failed|not found).{0,300})/,
    role: 'cause',
    weight: 86,
    category: 'dependency',
    phase: 'install',
    severity: 'high',
    statement: 'The locked dependencies are not those of the build: $1',
    examples: {
      positive: [
        '[ERROR] Failed to execute goal se.vandmo:dependency-lock-maven-plugin:1.2.0:check (check) on project a: Lock file does not match the actual dependencies',
      ],
      nearMiss: ['[INFO] Lock file is up to date'],
    },
  },
  {
    id: 'maven/enforcer',
    hints: ['rule ', 'enforcer'],
    pattern: /(?:\[ERROR\] )?Rule \d+: (\S{1,200}) failed with message:?(.{0,200})/,
    role: 'cause',
    weight: 84,
    category: 'configuration',
    phase: 'build',
    severity: 'high',
    below: { while: /\S/, max: 8 },
    statement: 'The Maven enforcer rule $1 failed. $2',
    examples: {
      positive: ['[ERROR] Rule 0: org.apache.maven.enforcer.rules.DependencyConvergence failed with message:'],
      nearMiss: ['[INFO] Rule 0: org.apache.maven.enforcer.rules.DependencyConvergence passed'],
    },
  },
  {
    id: 'surefire/test',
    hints: ['<<< failure!', '<<< error!'],
    pattern:
      /^(?:\[ERROR\] )?(?!Tests run)(\S.{1,200}?)\s{1,4}(?:--\s)?(?:Time elapsed: [\d.,]{1,12} s(?:ec)?)?\s{0,4}<<< (FAILURE|ERROR)!/,
    unless: /Tests run:/,
    role: 'cause',
    weight: 82,
    category: 'test',
    phase: 'test',
    severity: 'high',
    below: { while: /^\S*(?:Exception|Error|Failure)\b|^\s+at |^\s+\S|^Caused by/, max: 8 },
    statement: 'The test $1 ended in $2.',
    examples: {
      positive: [
        '[ERROR] acme.CartTest.addsPrices -- Time elapsed: 0.02 s <<< FAILURE!',
        'addsPrices(acme.CartTest)  Time elapsed: 0.006 sec  <<< ERROR!',
      ],
      nearMiss: ['[INFO] Tests run: 3, Failures: 0, Errors: 0 - in acme.CartTest'],
    },
  },
  {
    id: 'surefire/list',
    hints: ['[error]'],
    pattern: /^\[ERROR\]\s{2,}([\w.$]{1,200}[.:]\S{1,200}(?::\d+| ?»).{0,300})/,
    role: 'symptom',
    weight: 70,
    category: 'test',
    phase: 'test',
    severity: 'high',
    statement: 'A test failed: $1',
    examples: {
      positive: [
        '[ERROR]   CartTest.addsPrices:17 expected: <3> but was: <4>',
        '[ERROR]   CartTest.loads » NullPointer',
      ],
      nearMiss: ['[ERROR] Failures: ', '[INFO]   CartTest.addsPrices:17'],
    },
  },
  {
    id: 'maven/advice',
    hints: ['[error]'],
    pattern:
      /^\[ERROR\] (?:(?:-> )?\[Help|To see the full|Re-run Maven|For more information|After correcting|Please refer|See |Failures: *$|Errors: *$| {2}mvn |\[ERROR\] Some problems|Some problems were|The build could not read|\s*The project \S{1,200} \(|There was an error in the forked process|Command was |Error occurred in starting fork|Process Exit Code|Crashed tests:|\s*at [\w.$]{1,200}\()/,
    role: 'wrapper',
    weight: 10,
    category: 'unknown',
    phase: 'build',
    severity: 'high',
    examples: {
      positive: [
        '[ERROR] -> [Help 1]',
        '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.',
      ],
      nearMiss: ['[ERROR] Unknown lifecycle phase "instal".'],
    },
  },
  {
    id: 'maven/check',
    hints: ['failed to execute goal'],
    pattern:
      /\[ERROR\] Failed to execute goal (\S{0,120}?\b(?:spotbugs|findbugs|checkstyle|pmd|license|formatter|spotless|rat|sortpom|impsort|fmt|editorconfig)\b\S{0,80})(.{0,400})/,
    role: 'symptom',
    weight: 52,
    category: 'lint',
    phase: 'build',
    severity: 'medium',
    statement: 'The check $1 failed$2',
    examples: {
      positive: [
        '[ERROR] Failed to execute goal com.mycila:license-maven-plugin:4.1:check (default) on project core: Some files do not have the expected license header -> [Help 1]',
      ],
      nearMiss: ['[INFO] --- license-maven-plugin:4.1:check (default) @ core ---'],
    },
  },
  {
    id: 'maven/api-check',
    hints: ['failed to execute goal'],
    pattern:
      /\[ERROR\] Failed to execute goal (\S{0,120}?\b(?:revapi|japicmp|animal-sniffer|clirr|bnd-baseline)\b\S{0,80})(.{0,400})/,
    role: 'symptom',
    weight: 52,
    category: 'compile',
    phase: 'build',
    severity: 'high',
    statement: 'The API is not compatible: $1 failed$2',
    examples: {
      positive: [
        '[ERROR] Failed to execute goal com.github.siom79.japicmp:japicmp-maven-plugin:0.23.1:cmp (default) on project money: There is at least one incompatibility',
      ],
      nearMiss: ['[INFO] --- revapi-maven-plugin:0.15.0:check (default) @ core ---'],
    },
  },
  {
    id: 'maven/goal',
    hints: ['failed to execute goal'],
    pattern: /\[ERROR\] Failed to execute goal (\S{1,200})(.{0,400})/,
    role: 'symptom',
    weight: 50,
    category: 'unknown',
    phase: 'build',
    severity: 'high',
    statement: 'The Maven goal $1 failed$2',
    examples: {
      positive: [
        '[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile (default-compile) on project cart: Compilation failure',
      ],
      nearMiss: ['[INFO] Executing goal compile'],
    },
  },
  {
    id: 'maven/error',
    hints: ['[error]', '[fatal]'],
    pattern:
      /^\[(?:ERROR|FATAL)\] (?!(?:-> )?\[Help|To see the full|Re-run Maven|For more information|After correcting|Please refer|There are test failures|Failed to execute goal|\[ERROR\] Some problems|Some problems were|The build could not read|The project \S{1,200} \(|There was an error in the forked process|Command was |Error occurred in starting fork|Process Exit Code|Crashed tests:|at [\w.$]{1,200}\(|See |\s*$|COMPILATION ERROR|Failures: |Errors: |Tests run|mvn )(\S.{0,400})/,
    role: 'symptom',
    weight: 56,
    category: 'unknown',
    phase: 'build',
    severity: 'high',
    statement: '$1',
    examples: {
      positive: ['[ERROR] Unknown lifecycle phase "instal".', '[FATAL] Non-parseable POM /build/pom.xml'],
      nearMiss: ['[ERROR] -> [Help 1]', '[ERROR] Re-run Maven using the -X switch to enable full debug logging.'],
    },
  },
  {
    id: 'maven/build-failure',
    hints: ['build failure', 'compilation error', 'there are test failures', 'tests run'],
    pattern:
      /\bBUILD FAILURE\b|COMPILATION ERROR|There are test failures|Tests run: \d+, (?:Failures: [1-9]|Failures: 0, Errors: [1-9])/,
    role: 'wrapper',
    weight: 27,
    category: 'unknown',
    phase: 'build',
    severity: 'high',
    examples: {
      positive: ['[INFO] BUILD FAILURE', '[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 0'],
      nearMiss: ['[INFO] BUILD SUCCESS', '[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0'],
    },
  },
]
