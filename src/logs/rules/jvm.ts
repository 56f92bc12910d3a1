// javac, kotlinc, JVM exceptions and JUnit.

import type { LogRule } from '../rule.ts'

const runtime = { category: 'runtime', phase: 'run', severity: 'high' } as const
const frames = { while: /^\s+at |^\s+\.\.\. \d+ more|^\s*Suppressed: |^\t/, max: 6 }

export const jvmRules: LogRule[] = [
  {
    id: 'javac/error',
    hints: ['error:', '.java:[', '.kt:', '.kts:', '.scala:'],
    pattern:
      /^(?:\[ERROR\] )?(\S{1,300}\.(?:java|kt|scala|groovy)):(?:\[?\d{1,6}(?:,\d{1,5})?\]?):? (?:error: )?(?!warning)(.{1,300})|^e: (?:file:\/\/)?(\S{1,300}\.kts?):?.{0,20}?:? ?(.{1,300})/,
    unless: /\.java:\d+\)|\bwarning\b|\[INFO\]|:\d+ (?:INFO|DEBUG|WARN|TRACE)|\[[A-Z]\w{2,60}\]$/,
    role: 'cause',
    weight: 86,
    category: 'compile',
    phase: 'build',
    severity: 'high',
    below: {
      while: /^(?:\[ERROR\])?\s+(?:symbol|location|required|found|reason)|^\s+\S|^\s*\^|^\[ERROR\] \S{1,300}\.java:\[/,
      max: 5,
    },
    statement: 'The compiler rejected $1$3: $2$4',
    examples: {
      positive: [
        'src/main/java/acme/Cart.java:17: error: cannot find symbol',
        '[ERROR] /build/src/main/java/acme/Cart.java:[17,9] cannot find symbol',
        'e: file:///app/src/Main.kt:4:9 Unresolved reference: foo',
      ],
      nearMiss: [
        '	at acme.Cart.total(Cart.java:17)',
        '[WARNING] /build/src/main/java/acme/Cart.java:[17,9] warning: deprecated',
      ],
    },
  },
  {
    ...runtime,
    id: 'jvm/caused-by',
    hints: ['caused by: '],
    pattern: /^\s*Caused by: ([\w.$]{1,200})(?:: (.{0,400}))?/,
    role: 'cause',
    weight: 78,
    lastOfChain: true,
    below: frames,
    statement: 'The root of the exception chain is $1: $2',
    examples: {
      positive: [
        'Caused by: java.net.ConnectException: Connection refused',
        '	Caused by: java.lang.IllegalStateException',
      ],
      nearMiss: ['The outage was caused by: a cable'],
    },
  },
  {
    ...runtime,
    id: 'jvm/exception',
    hints: ['exception', 'error'],
    pattern:
      /^(?:Exception in thread "[^"]{1,100}" )?((?:[a-z_]\w{0,40}\.){1,10}[A-Z][\w$]{0,80}(?:Exception|Error|Failure|Throwable))(?:: (.{0,400}))?$/,
    role: 'cause',
    weight: 76,
    below: frames,
    statement: 'The JVM threw $1: $2',
    examples: {
      positive: [
        'java.lang.NullPointerException: Cannot invoke "acme.Cart.total()" because "cart" is null',
        'Exception in thread "main" java.lang.IllegalStateException: no config',
        'org.opentest4j.AssertionFailedError: expected: <3> but was: <4>',
      ],
      nearMiss: ['import java.io.IOException;', '  at java.lang.NullPointerException.<init>'],
    },
  },
  {
    ...runtime,
    id: 'jvm/out-of-memory',
    hints: ['outofmemoryerror'],
    pattern: /java\.lang\.OutOfMemoryError: (.{1,100})/,
    role: 'cause',
    weight: 90,
    category: 'resource',
    severity: 'critical',
    below: frames,
    statement: 'The JVM ran out of memory: $1',
    fixes: [
      {
        action: 'Raise the heap limit (-Xmx), or find what holds the memory with a heap dump.',
        command: 'java -Xmx2g -XX:+HeapDumpOnOutOfMemoryError ...',
        risk: 'low',
      },
    ],
    examples: {
      positive: ['java.lang.OutOfMemoryError: Java heap space', 'Caused by: java.lang.OutOfMemoryError: Metaspace'],
      nearMiss: ['-XX:+HeapDumpOnOutOfMemoryError'],
    },
  },
  {
    ...runtime,
    id: 'jvm/class-not-found',
    hints: ['classnotfoundexception', 'noclassdeffounderror', 'nosuchmethoderror', 'unsupportedclassversionerror'],
    pattern:
      /(?:java\.lang\.)?(ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError|UnsupportedClassVersionError): (.{1,300})/,
    role: 'cause',
    weight: 82,
    category: 'dependency',
    lastOfChain: true,
    below: frames,
    statement: 'A class or method is missing at run time ($1): $2',
    fixes: [
      {
        action: 'Check which version of the library is on the class path.',
        command: 'mvn dependency:tree',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        'java.lang.NoSuchMethodError: acme.Cart.total()I',
        'Caused by: java.lang.ClassNotFoundException: org.postgresql.Driver',
      ],
      nearMiss: ['catch (ClassNotFoundException e)'],
    },
  },
]
