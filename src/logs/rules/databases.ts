// Databases and their migrations.

import type { LogRule } from '../rule.ts'

const database = { category: 'runtime', phase: 'run', severity: 'high' } as const

export const databaseRules: LogRule[] = [
  {
    ...database,
    id: 'postgres/fatal',
    hints: ['fatal: ', 'panic: '],
    pattern:
      /^(?:(?:UTC|[A-Z]{3,5}) )?(?:\[\d{1,9}(?:-\d+)?\] )?(?:\S{1,60}@\S{1,60} )?(?:FATAL|PANIC):\s{1,3}(.{1,300})/,
    unless:
      /^FATAL: .{0,60}(?:heap|ERROR)|terminating connection due to administrator|password authentication failed|too many (?:clients|connections)|remaining connection slots/i,
    role: 'cause',
    weight: 82,
    category: 'configuration',
    severity: 'critical',
    below: { while: /\b(?:DETAIL|HINT|CONTEXT):/, max: 3 },
    statement: 'PostgreSQL stopped: $1',
    examples: {
      positive: ['[1] FATAL:  database files are incompatible with server', 'FATAL:  database "shop" does not exist'],
      nearMiss: [
        '[1] LOG:  database system is ready to accept connections',
        'FATAL:  password authentication failed for user "shop"',
      ],
    },
  },
  {
    ...database,
    id: 'database/connections',
    hints: [
      'too many clients',
      'too many connections',
      'remaining connection slots',
      'pool timed out',
      'timeout trying to connect',
      'queuepool limit',
    ],
    pattern:
      /too many (?:clients|connections)|remaining connection slots are reserved|QueuePool limit of size|[Pp]ool timed out|timeout exceeded when trying to connect/i,
    role: 'cause',
    weight: 82,
    category: 'resource',
    statement: 'The database has no connection left.',
    fixes: [{ action: 'Use a connection pool, or raise max_connections.', risk: 'medium' }],
    examples: {
      positive: ['FATAL: sorry, too many clients already', 'ERROR 1040 (HY000): Too many connections'],
      nearMiss: ['12 connections open', 'connection pool started'],
    },
  },
  {
    ...database,
    id: 'mysql/error',
    hints: ['[error] ', 'error 1', 'error 2'],
    pattern:
      /^\d{0,9} ?\[(?:ERROR)\] \[(MY-\d{6})\] \[\w{1,40}\] (.{1,300})|^ERROR (\d{4}) \((?:\w{5})\)(?: at line \d+)?: (.{1,300})/,
    role: 'cause',
    weight: 80,
    statement: 'MySQL reports $1$3: $2$4',
    examples: {
      positive: [
        '12 [ERROR] [MY-012639] [InnoDB] Write to file ./ib_logfile0 failed at offset 512',
        "ERROR 1064 (42000) at line 3: You have an error in your SQL syntax near 'SELEC'",
      ],
      nearMiss: ['0 [System] [MY-010931] [Server] ready for connections', 'ERROR 404 page'],
    },
  },
  {
    ...database,
    id: 'sql/constraint',
    hints: [
      'violates',
      'duplicate entry',
      'duplicate key',
      'unique constraint failed',
      'ora-0',
      'foreign key constraint',
    ],
    pattern:
      /(violates (?:unique|foreign key|not-null|check) constraint.{0,200}|Duplicate entry .{1,200} for key|E11000 duplicate key.{0,200}|UNIQUE constraint failed: \S{1,100}|foreign key constraint fails|\bORA-\d{5}: .{1,200})/,
    role: 'cause',
    weight: 76,
    statement: 'The database refused a change: $1',
    examples: {
      positive: [
        'duplicate key value violates unique constraint "orders_pkey"',
        'ORA-00942: table or view does not exist',
      ],
      nearMiss: ['constraint orders_pkey created', 'this key violates no rule'],
    },
  },
  {
    ...database,
    id: 'sql/missing-object',
    hints: ['does not exist', "doesn't exist", 'no such table', 'no such column', 'unknown column', 'unknown database'],
    pattern:
      /(?:relation|column|table|database|role|schema|type) "[^"]{1,120}" does not exist|[Tt]able '[^']{1,120}' doesn't exist|no such (?:table|column): \S{1,100}|Unknown (?:column|database) '[^']{1,120}'/,
    role: 'cause',
    weight: 78,
    category: 'configuration',
    fixes: [{ action: 'Run the migrations, and check which database this is.', risk: 'low' }],
    examples: {
      positive: [
        'ERROR:  relation "orders" does not exist at character 15',
        'sqlite3.OperationalError: no such table: users',
      ],
      nearMiss: ['table "orders" exists', 'the file does not exist'],
    },
  },
  {
    ...database,
    id: 'migration/failed',
    hints: ['migration'],
    pattern:
      /(?:[Mm]igration (?:of schema )?\S{1,200} (?:to version \S{1,60} )?.{0,60}failed.{0,200}|Found (?:failed|non-empty).{0,60}migration.{0,200}|Validate failed: Migrations? .{1,200}|MigrationError: .{1,200}|error: migration .{1,200}|[Cc]an't locate revision identified by '.{1,80}')/,
    role: 'cause',
    weight: 80,
    category: 'configuration',
    phase: 'deploy',
    examples: {
      positive: ['Migration V12__orders.sql failed', 'Validate failed: Migrations have failed validation'],
      nearMiss: ['Applied migration V12__orders.sql', '0 migrations failed'],
    },
  },
  {
    ...database,
    id: 'redis/error',
    hints: ['misconf', 'oom command not allowed', 'readonly you', 'loading redis', 'clusterdown', 'wrongpass'],
    pattern:
      /\b(MISCONF .{1,200}|OOM command not allowed.{0,120}|READONLY You can't write.{0,120}|LOADING Redis is loading.{0,80}|CLUSTERDOWN .{1,120}|WRONGPASS .{1,120})/,
    role: 'cause',
    weight: 82,
    category: 'configuration',
    statement: 'Redis refused a command: $1',
    examples: {
      positive: ["ReplyError: OOM command not allowed when used memory > 'maxmemory'."],
      nearMiss: ['Ready to accept connections tcp'],
    },
  },
]
