// gcc, g++, clang and their linkers.

import type { LogRule } from '../rule.ts'

const compile = { category: 'compile', phase: 'build', severity: 'high' } as const
const snippet = { while: /^\s+(?:\d+ )?\||^\s+[~^]|: note: |^\s{4,}\S/, max: 6 }

export const gccRules: LogRule[] = [
  {
    ...compile,
    id: 'gcc/missing-header',
    hints: ['fatal error:'],
    pattern:
      /^\s{0,12}(\S[^:]{0,300}):\d+:(?:\d+:)? fatal error: '?([^':]{1,200})'?(?:: No such file or directory| file not found)/,
    role: 'cause',
    weight: 90,
    category: 'dependency',
    below: snippet,
    statement: 'The header $2, included from $1, was not found.',
    fixes: [
      {
        action: 'Install the development package that provides $2, or add its folder to the include path (-I).',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'src/main.c:3:10: fatal error: openssl/ssl.h: No such file or directory',
        "lib/a.cpp:1:10: fatal error: 'boost/any.hpp' file not found",
      ],
      nearMiss: ['src/main.c:3:10: warning: openssl/ssl.h is deprecated', 'fatal error: no such repository'],
    },
  },
  {
    ...compile,
    id: 'gcc/error',
    hints: ['error: ', 'error:'],
    pattern: /^\s{0,12}(?:\S[^:]{0,300}|[A-Za-z]:[\\/][^:]{0,300}):\d{1,7}(?::\d{1,5})?: (?:fatal )?error: (.{1,400})/,
    role: 'cause',
    weight: 84,
    below: snippet,
    statement: 'The compiler rejected the code: $1',
    examples: {
      positive: [
        "src/parser.c:42:9: error: 'token' undeclared (first use in this function)",
        "/src/app/window.cc:118:20: error: no member named 'title' in 'Window'",
        'a.cpp:7: error: expected ; before } token',
      ],
      nearMiss: [
        'src/parser.c:42:9: warning: unused variable',
        'src/parser.c:42:9: note: each undeclared identifier is reported only once',
      ],
    },
  },
  {
    ...compile,
    id: 'gcc/undefined-reference',
    hints: ['undefined reference', 'undefined symbol', 'unresolved external', 'undefined symbols'],
    pattern:
      /(?:undefined reference to [`'"‘]?|undefined symbol: |unresolved external symbol )([^`'"’\s]{1,300})|^Undefined symbols for architecture/,
    role: 'cause',
    weight: 82,
    below: { while: /^\s+"|^\s+\S+ in \S+\.o|undefined reference/, max: 4 },
    statement: 'The linker found no definition of $1.',
    fixes: [
      { action: 'Link the library or object file that defines the symbol, after those that use it.', risk: 'low' },
    ],
    examples: {
      positive: [
        "main.o: in function `main': main.c:(.text+0x1a): undefined reference to `deflateInit_'",
        'ld.lld: error: undefined symbol: png_create_read_struct',
        'Undefined symbols for architecture arm64:',
      ],
      nearMiss: ['warning: reference to deprecated symbol', 'PHP Notice: Undefined variable: name'],
    },
  },
  {
    ...compile,
    id: 'gcc/library-not-found',
    hints: ['cannot find -l', 'library not found', 'unable to find library', 'library '],
    pattern:
      /(?:cannot find -l|library not found for -l|unable to find library -l|library ')([\w.+-]{1,100})(?=:|'? not found|\s|$)/,
    unless: /library '[\w.+-]{1,100}'(?! not found)/,
    role: 'cause',
    weight: 84,
    category: 'dependency',
    statement: 'The linker did not find the library $1.',
    fixes: [{ action: 'Install the development package of $1, or add its folder with -L.', risk: 'low' }],
    examples: {
      positive: ['/usr/bin/ld: cannot find -lssl: No such file or directory', "ld: library 'crypto' not found"],
      nearMiss: ["ld: warning: library 'crypto' was built for a newer version", 'Found library zlib'],
    },
  },
  {
    ...compile,
    id: 'gcc/internal-error',
    hints: ['internal compiler error', 'killed signal terminated program', 'please submit a bug report'],
    pattern: /internal compiler error: |fatal error: Killed signal terminated program/,
    role: 'cause',
    weight: 88,
    category: 'resource',
    severity: 'critical',
    above: { while: /^FAILED: /, max: 1 },
    statement: 'The compiler itself crashed or was killed; often because memory ran out.',
    fixes: [{ action: 'Build with fewer parallel jobs, or with more memory.', command: 'make -j2', risk: 'low' }],
    examples: {
      positive: [
        'c++: fatal error: Killed signal terminated program cc1plus',
        'a.cc:3:1: internal compiler error: Segmentation fault',
      ],
      nearMiss: ['Killed old build process', 'internal error counter: 0'],
    },
  },
  {
    ...compile,
    id: 'gcc/collect2',
    hints: ['ld returned', 'linker command failed', 'errors generated', 'error generated'],
    pattern:
      /collect2: error: ld returned \d+|linker command failed with exit code|^\d+ (?:warnings? and \d+ )?errors? generated\.?$/,
    role: 'wrapper',
    weight: 26,
    examples: {
      positive: [
        'collect2: error: ld returned 1 exit status',
        '2 errors generated.',
        '1 warning and 3 errors generated.',
      ],
      nearMiss: ['ld returned successfully', '2 warnings generated.'],
    },
  },
]
