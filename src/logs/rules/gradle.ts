// Gradle.

import type { LogRule } from '../rule.ts'

const build = { phase: 'build', severity: 'high' } as const

export const gradleRules: LogRule[] = [
  {
    ...build,
    id: 'gradle/dependency',
    hints: ['could not resolve', 'could not find', 'could not get resource'],
    pattern: /^\s*> (Could not (?:resolve|find|get resource) .{1,300})/,
    role: 'cause',
    weight: 84,
    category: 'dependency',
    below: { while: /^\s+(?:>|Searched|Required|- )/, max: 6 },
    statement: 'Gradle: $1',
    fixes: [
      {
        action: 'Check the coordinates and the repositories block, then look at the resolution.',
        command: './gradlew dependencies',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        '   > Could not find acme:money:9.9.',
        '> Could not resolve all files for configuration :app:compileClasspath.',
      ],
      nearMiss: ['> Task :app:compileJava', 'Could not find a free port, trying the next'],
    },
  },
  {
    ...build,
    id: 'gradle/went-wrong',
    hints: ['execution failed for task', 'a problem occurred', 'could not compile build file'],
    pattern: /^(Execution failed for task .{1,200}|A problem occurred .{1,200}|Could not compile build file .{1,200})/,
    role: 'symptom',
    weight: 58,
    category: 'unknown',
    below: { while: /^\s*> |^\s+\S/, max: 6 },
    statement: 'Gradle: $1',
    examples: {
      positive: ["Execution failed for task ':app:compileJava'.", "A problem occurred evaluating project ':app'."],
      nearMiss: ['Execution of task :app:test took 3 s'],
    },
  },
  {
    ...build,
    id: 'gradle/test',
    hints: [' failed'],
    pattern: /^(\S.{0,200}) > (.{1,200}) FAILED$/,
    role: 'cause',
    weight: 78,
    category: 'test',
    phase: 'test',
    below: { while: /^\s+\S/, max: 8 },
    statement: 'The test $2 of $1 failed.',
    examples: {
      positive: ['CartTest > addsPrices() FAILED'],
      nearMiss: ['CartTest > addsPrices() PASSED', '> Task :app:test FAILED'],
    },
  },
  {
    ...build,
    id: 'gradle/build-failed',
    hints: ['build failed', 'failed', 'what went wrong'],
    pattern: /^BUILD FAILED in |^> Task \S{1,200} FAILED$|^FAILURE: Build (?:failed|completed)|^\* What went wrong:/,
    role: 'wrapper',
    weight: 27,
    category: 'unknown',
    examples: {
      positive: ['BUILD FAILED in 3s', '> Task :app:compileJava FAILED', 'FAILURE: Build failed with an exception.'],
      nearMiss: ['BUILD SUCCESSFUL in 3s', '> Task :app:compileJava'],
    },
  },
]
