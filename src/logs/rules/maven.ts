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
      /(?:\[ERROR\]|\[FATAL\]).{0,300}?((?:Could not resolve dependencies|Could not find artifact|Non-resolvable (?:parent|import) POM|Failed to collect dependencies|Could not transfer artifact).{0,400})/,
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
      /^(?:\[ERROR\] )?(?!Tests run)(\S.{1,200}?)\s+(?:--\s)?(?:Time elapsed: [\d.,]+ s(?:ec)?)?\s*<<< (FAILURE|ERROR)!/,
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
      /^\[ERROR\] (?:(?:-> )?\[Help|To see the full|Re-run Maven|For more information|After correcting|Please refer|See |Failures: *$|Errors: *$| {2}mvn )/,
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
    id: 'maven/goal',
    hints: ['failed to execute goal'],
    pattern: /\[ERROR\] Failed to execute goal (\S{1,200})(.{0,400})/,
    role: 'symptom',
    weight: 46,
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
      /^\[(?:ERROR|FATAL)\] (?!(?:-> )?\[Help|To see the full|Re-run Maven|For more information|After correcting|Please refer|There are test failures|See |\s*$|COMPILATION ERROR|Failures: |Errors: |Tests run|mvn )(\S.{0,400})/,
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
