// .NET: MSBuild, the compilers, NuGet and unhandled exceptions.

import type { LogRule } from '../rule.ts'

const build = { category: 'compile', phase: 'build', severity: 'high' } as const

export const dotnetRules: LogRule[] = [
  {
    ...build,
    id: 'dotnet/nuget',
    hints: ['nu1', 'nu5'],
    pattern: /: error (NU\d{4}): (.{1,300})/,
    role: 'cause',
    weight: 86,
    category: 'dependency',
    phase: 'install',
    statement: 'NuGet could not restore a package ($1): $2',
    fixes: [
      {
        action: 'Check the package name, its version and the configured sources.',
        command: 'dotnet restore',
        risk: 'low',
      },
    ],
    examples: {
      positive: ['/src/Shop.csproj : error NU1101: Unable to find package Acme.Money. No packages exist with this id'],
      nearMiss: ['/src/Shop.csproj : warning NU1603: Acme.Money 1.0.1 was resolved'],
    },
  },
  {
    ...build,
    id: 'dotnet/error',
    hints: [': error ', ': fatal error '],
    pattern:
      /^(.{1,300}?)\(?\d{0,6},?\d{0,5}\)?\s?: (?:fatal )?error ((?:CS|MSB|FS|BC|NETSDK|C|LNK|MC|CA|SA|IDE)\d{3,5})\s?: (.{1,300})/,
    role: 'cause',
    weight: 84,
    statement: 'The build reported $2: $3',
    examples: {
      positive: [
        "Cart.cs(12,9): error CS0103: The name 'totl' does not exist in the current context [/src/Shop.csproj]",
        'main.obj : error LNK2019: unresolved symbol referenced in function main',
        "app.cpp(3): fatal error C1083: Cannot open include file: 'boost.h'",
      ],
      nearMiss: ["Cart.cs(12,9): warning CS0168: The variable 'x' is declared but never used"],
    },
  },
  {
    ...build,
    id: 'dotnet/unhandled',
    hints: ['unhandled exception'],
    pattern: /^Unhandled [Ee]xception[.:] ([\w.]{1,200}): (.{1,300})/,
    role: 'cause',
    weight: 80,
    category: 'runtime',
    phase: 'run',
    below: { while: /^\s+at |^ ---> /, max: 6 },
    statement: 'The program threw $1: $2',
    examples: {
      positive: ['Unhandled exception. System.InvalidOperationException: Sequence contains no elements'],
      nearMiss: ['The unhandled exception handler is installed'],
    },
  },
  {
    ...build,
    id: 'dotnet/test',
    hints: ['failed '],
    pattern: /^\s*(?:Failed|X) ([\w.]{3,200}(?:\(.{0,100}\))?) \[[<\d.,\s\w]{1,12}\]/,
    role: 'cause',
    weight: 76,
    category: 'test',
    phase: 'test',
    below: { while: /^\s+\S|^\s*(?:Error Message|Stack Trace):/, max: 8 },
    statement: 'The test $1 failed.',
    examples: {
      positive: ['  Failed Shop.CartTests.AddsPrices [12 ms]'],
      nearMiss: ['  Passed Shop.CartTests.AddsPrices [12 ms]'],
    },
  },
  {
    ...build,
    id: 'dotnet/summary',
    hints: ['build failed', 'error(s)', 'failed!'],
    pattern: /^Build FAILED\.|^\s+[1-9]\d* Error\(s\)|^(?:Failed!|Test Run Failed)/,
    role: 'wrapper',
    weight: 27,
    examples: {
      positive: ['Build FAILED.', '    2 Error(s)', 'Failed!  - Failed:     1, Passed:     3'],
      nearMiss: ['    0 Error(s)', 'Build succeeded.'],
    },
  },
]
