// Ruby: exceptions, Bundler, RSpec and Minitest.

import type { LogRule } from '../rule.ts'

const test = { category: 'test', phase: 'test', severity: 'high' } as const

export const rubyRules: LogRule[] = [
  {
    id: 'ruby/exception',
    hints: ['error)', 'exception)', 'exit)'],
    pattern: /^(\S{1,300}\.rb|-e):(\d{1,6}):in .{1,200}?: (.{1,300}) \(([A-Z]\w{0,60}(?:::\w{1,60}){0,6})\)/,
    role: 'cause',
    weight: 80,
    category: 'runtime',
    phase: 'run',
    severity: 'high',
    below: { while: /^\s+from |^\t/, max: 6 },
    statement: 'The Ruby program raised $4 in $1, line $2: $3',
    examples: {
      positive: ["app/cart.rb:12:in `total': undefined method `price' for nil (NoMethodError)"],
      nearMiss: ['app/cart.rb:12: warning: unused variable (total)'],
    },
  },
  {
    id: 'bundler/resolve',
    hints: ['could not find', 'bundler could not', 'conflicting', 'gem::'],
    pattern:
      /^(?:Could not find (?:gem |compatible versions|\S{1,100} in (?:any of the sources|locally installed gems))|Bundler could not find compatible versions|Gem::Ext::BuildError)(.{0,300})/,
    role: 'cause',
    weight: 84,
    category: 'dependency',
    phase: 'install',
    severity: 'high',
    below: { while: /^\s{2,}\S/, max: 8 },
    statement: 'Bundler could not install the gems: $1',
    fixes: [
      {
        action: 'Update the lock file, or correct the version in the Gemfile.',
        command: 'bundle update',
        risk: 'medium',
      },
    ],
    examples: {
      positive: [
        "Could not find gem 'money (~> 9.9)' in rubygems repository",
        'Could not find rake-13.0.6 in any of the sources',
      ],
      nearMiss: ['Bundle complete! 12 Gemfile dependencies', 'Could not find a free port'],
    },
  },
  {
    ...test,
    id: 'rspec/failure',
    hints: ['failure/error:'],
    pattern: /^\s*Failure\/Error: (.{1,300})/,
    role: 'cause',
    weight: 80,
    above: { while: /^\s+\d+\) /, max: 1 },
    below: { while: /^\s+\S|^\s*$/, max: 8 },
    statement: 'An expectation failed: $1',
    examples: { positive: ['     Failure/Error: expect(cart.total).to eq(90)'], nearMiss: ['  Failure: none'] },
  },
  {
    ...test,
    id: 'rspec/example',
    hints: ['rspec '],
    pattern: /^rspec (\.?\/?\S{1,200}(?::\d{1,6}|\[[\d:]{1,20}\])) # (.{1,200})/,
    role: 'symptom',
    weight: 68,
    statement: 'The example "$2" failed.',
    fixes: [{ action: 'Run the example alone.', command: 'bundle exec rspec $1', risk: 'low' }],
    examples: { positive: ['rspec ./spec/cart_spec.rb:12 # Cart adds the prices'], nearMiss: ['rspec 3.13 loaded'] },
  },
  {
    ...test,
    id: 'ruby/summary',
    hints: [' examples, ', ' runs, ', ' assertions, '],
    pattern:
      /^\d+ examples?, [1-9]\d* failures?|^\d+ (?:runs|tests), \d+ assertions, (?:[1-9]\d* failures|0 failures, [1-9]\d* errors)/,
    role: 'wrapper',
    weight: 27,
    examples: {
      positive: ['12 examples, 1 failure', '9 runs, 20 assertions, 1 failures, 0 errors, 0 skips'],
      nearMiss: ['12 examples, 0 failures'],
    },
  },
]
