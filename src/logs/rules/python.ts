// Python: tracebacks, pytest, unittest and pip.

import type { LogRule } from '../rule.ts'

const runtime = { category: 'runtime', phase: 'run', severity: 'high' } as const
const test = { category: 'test', phase: 'test', severity: 'high' } as const
const traceback = {
  while: /^\s+\S|^(?:E\s+)?Traceback \(most recent call last\)|^\s*$|^-{20,}$|^(?:FAIL|ERROR): \w/,
  max: 12,
}

export const pythonRules: LogRule[] = [
  {
    ...runtime,
    id: 'python/missing-module',
    hints: ['modulenotfounderror', 'no module named'],
    pattern:
      /^(?:E\s+)?(?:ModuleNotFoundError|ImportError): No module named '?([\w.]{1,100})|: No module named '?([\w.]{1,100})'?$/,
    role: 'cause',
    weight: 88,
    category: 'dependency',
    above: traceback,
    statement: 'The Python module $1$2 is not installed in the environment that ran.',
    fixes: [
      {
        action: 'Add the package that provides $1$2 to the requirements and install it.',
        command: 'python -m pip install $1$2',
        risk: 'low',
      },
    ],
    examples: {
      positive: [
        "ModuleNotFoundError: No module named 'requests'",
        'E   ImportError: No module named yaml',
        '/usr/bin/python3: No module named pytest',
      ],
      nearMiss: ['INFO: loaded module named requests'],
    },
  },
  {
    ...runtime,
    id: 'python/exception',
    hints: ['error', 'exception', 'exit', 'interrupt', 'stopiteration', 'warning'],
    pattern:
      /^(?:\[[\w-]{1,20}\]:? ?)?((?:[a-zA-Z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}(?:Error|Exception|Exit|Interrupt|Timeout|NotFound|DoesNotExist)): (.{1,400})|^(AssertionError|KeyboardInterrupt|MemoryError|RecursionError|NotImplementedError)$/,
    unless:
      /^(?:Error|Exception): |^(?:\[ERROR\] )?(?:java|javax|jakarta|org|com|kotlin|scala|io|net|System)\.|^(?:Reference|Range|Eval|URI)Error: |^TypeError: (?:Cannot (?:read|set|destructure)|.{1,200} is not (?:a function|iterable|a constructor))/,
    role: 'cause',
    weight: 76,
    category: 'unknown',
    phase: 'unknown',
    above: traceback,
    statement: 'The program raised $1$3: $2',
    examples: {
      positive: [
        "KeyError: 'user_id'",
        'sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not connect to server',
        'AssertionError',
      ],
      nearMiss: ['ErrorHandler: installed', 'no KeyError: here', '  KeyError: indented text of a document'],
    },
  },
  {
    ...runtime,
    id: 'python/syntax-error',
    hints: ['syntaxerror', 'indentationerror', 'taberror'],
    pattern: /^(?:E\s+)?(SyntaxError|IndentationError|TabError): (.{1,300})/,
    unless: /Unexpected (?:token|identifier|end of)|Invalid or unexpected token|JSON/,
    role: 'cause',
    weight: 84,
    category: 'compile',
    phase: 'build',
    above: { while: /^(?:E\s+)?\s+\S/, max: 4 },
    statement: 'Python could not parse a file: $2',
    examples: {
      positive: ['SyntaxError: invalid syntax', 'IndentationError: unexpected indent'],
      nearMiss: ['SyntaxError: Unexpected token } in JSON at position 3'],
    },
  },
  {
    ...test,
    id: 'pytest/assertion',
    hints: ['e  '],
    pattern:
      /^E\s{2,}(?:AssertionError: )?(assert .{1,300}|AssertionError.{0,300}|\w{1,60}(?:Error|Exception)\b.{0,300}|Failed: .{1,300})/,
    role: 'cause',
    weight: 82,
    above: { while: /^[>E]\s|^\s{4}\S|^$/, max: 6 },
    below: { while: /^E\s{2,}|^$|^\S{1,200}\.py:\d+: /, max: 8 },
    statement: 'A test failed: $1',
    examples: {
      positive: ['E       assert 3 == 4', "E       AssertionError: assert 'a' == 'b'", "E   KeyError: 'x'"],
      nearMiss: ['E  note: assertion rewriting is on', 'e       assert lower case'],
    },
  },
  {
    ...test,
    id: 'pytest/failed',
    hints: ['failed ', 'error '],
    pattern: /^(?:FAILED|ERROR) (?:\[[\d.]{1,12}s?\] )?(\S{1,200}\.py(?:::\S{1,200})?)(?: - (.{1,300}))?/,
    role: 'symptom',
    weight: 72,
    statement: 'The test $1 failed. $2',
    fixes: [{ action: 'Run the test alone.', command: "python -m pytest '$1' -x", risk: 'low' }],
    examples: {
      positive: [
        'FAILED tests/test_cart.py::test_total - assert 3 == 4',
        'ERROR tests/test_db.py - ConnectionError: refused',
      ],
      nearMiss: ['PASSED tests/test_cart.py::test_total', 'FAILED to open the file'],
    },
  },
  {
    ...test,
    id: 'doctest/failed',
    hints: ['failed example:'],
    pattern: /^Failed example:$/,
    role: 'cause',
    weight: 82,
    above: { while: /^File ".{1,300}", line \d+, in /, max: 1 },
    below: { while: /^\s+\S|^(?:Expected|Got|Exception raised|Expected nothing):?$/, max: 8 },
    statement: 'An example in a docstring gives another result.',
    examples: { positive: ['Failed example:'], nearMiss: ['1 failed example: none', 'ok'] },
  },
  {
    ...test,
    id: 'unittest/failed',
    hints: ['fail: ', 'error: '],
    pattern: /^(?:FAIL|ERROR|XPASS)(?: \[[\d.]{1,12}s?\])?: (\w{1,200}) \((\S{1,200})\)/,
    role: 'symptom',
    weight: 74,
    below: { while: /^-{10,}|^Traceback|^\s+\S|^\w+(?:Error|Exception)\b/, max: 12 },
    statement: 'The test $1 ($2) failed.',
    examples: {
      positive: ['FAIL: test_total (tests.test_cart.CartTest)', 'ERROR: test_load (test_io.LoadTest.test_load)'],
      nearMiss: ['FAIL: the cart (red) is empty', 'ok: test_total (tests.CartTest)'],
    },
  },
  {
    ...runtime,
    id: 'python/http-error',
    hints: [
      'httperror',
      'urlerror',
      'connectionerror',
      'readtimeout',
      'connecttimeout',
      'maxretryerror',
      'incompleteread',
      'chunkedencodingerror',
      'sslerror',
      'remotedisconnected',
    ],
    pattern:
      /^(?:E\s+)?(?:\w{1,60}\.){0,8}(HTTPError|URLError|ConnectionError|ReadTimeout(?:Error)?|ConnectTimeout|MaxRetryError|IncompleteRead|ChunkedEncodingError|SSLError|RemoteDisconnected): (.{1,300})/,
    role: 'cause',
    weight: 80,
    category: 'network',
    phase: 'unknown',
    above: traceback,
    statement: 'A request failed ($1): $2',
    examples: {
      positive: [
        'urllib.error.HTTPError: HTTP Error 503: Service Unavailable',
        'requests.exceptions.ConnectionError: refused',
      ],
      nearMiss: [
        'from urllib.error import HTTPError',
        "WARNING: Retrying after connection broken by 'ReadTimeoutError(x)'",
      ],
    },
  },
  {
    ...runtime,
    id: 'python/gpu-memory',
    hints: [
      'cuda out of memory',
      'cuda error: out of memory',
      'hip out of memory',
      'outofmemoryerror: cuda',
      'cublas_status_alloc_failed',
    ],
    pattern: /(?:CUDA|HIP) (?:error: )?out of memory.{0,200}|CUBLAS_STATUS_ALLOC_FAILED/,
    role: 'cause',
    weight: 88,
    category: 'resource',
    above: traceback,
    statement: 'The GPU ran out of memory.',
    fixes: [{ action: 'Use smaller batches, or a GPU with more memory.', risk: 'low' }],
    examples: {
      positive: ['torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'],
      nearMiss: ['CUDA memory: 2.0 GiB free'],
    },
  },
  {
    ...runtime,
    id: 'python/called-process',
    hints: ['calledprocesserror', 'runtimeerror: ', 'exception: ', 'systemexit: '],
    pattern:
      /^(?:E\s+)?(?:subprocess\.)?CalledProcessError: Command .{1,400}|^(?:RuntimeError|Exception): \S{1,200}(?: \d+\/\d+)? failed!?(?: |$)|^SystemExit: [1-9]/,
    role: 'wrapper',
    weight: 33,
    category: 'unknown',
    phase: 'unknown',
    examples: {
      positive: [
        "subprocess.CalledProcessError: Command '['make']' returned non-zero exit status 2.",
        'RuntimeError: test_linalg 1/1 failed!',
      ],
      nearMiss: ['RuntimeError: CUDA error: device-side assert triggered', 'CalledProcessError is handled'],
    },
  },
  {
    ...runtime,
    id: 'pip/resolution',
    hints: [
      'error: could not find a version',
      'no matching distribution',
      'resolutionimpossible',
      'conflicting dependencies',
      'requires a different python',
    ],
    pattern:
      /ERROR: (Could not find a version that satisfies the requirement .{1,200}|No matching distribution found for .{1,200}|ResolutionImpossible.{0,200}|Cannot install .{1,200}conflicting dependencies|Package .{1,100} requires a different Python.{0,200})/,
    role: 'cause',
    weight: 80,
    category: 'dependency',
    phase: 'install',
    statement: 'pip could not install a dependency: $1',
    fixes: [{ action: 'Correct the pinned version, or use a Python version that has a build of it.', risk: 'medium' }],
    examples: {
      positive: [
        'ERROR: Could not find a version that satisfies the requirement torch==9.9 (from versions: 2.1.0)',
        'ERROR: No matching distribution found for torch==9.9',
      ],
      nearMiss: ['Successfully installed torch-2.1.0', 'Requirement already satisfied: torch'],
    },
  },
  {
    ...runtime,
    id: 'pytest/internal-error',
    hints: ['internalerror>'],
    pattern: /^INTERNALERROR> ((?:[\w.]{1,120}\.)?[A-Z]\w{1,80}(?:Error|Exception|Exit|Interrupt|Warning)\b.{0,300})/,
    role: 'cause',
    weight: 80,
    statement: 'pytest itself, or one of its plugins, failed: $1',
    examples: {
      positive: ["INTERNALERROR> AttributeError: module 'py' has no attribute 'process'"],
      nearMiss: ['INTERNALERROR>   File "/opt/_pytest/main.py", line 271, in wrap_session'],
    },
  },
  {
    ...runtime,
    id: 'pip/check',
    hints: ['has requirement', 'requires ', 'is not supported on this platform'],
    pattern:
      /^\S{1,100} \S{1,60} (has requirement .{1,200}, but you(?:'ll)? have .{1,200}|requires .{1,200}, which is not installed\.|is not supported on this platform$)/,
    role: 'symptom',
    weight: 66,
    category: 'dependency',
    phase: 'install',
    statement: 'Installed packages do not fit together: $1',
    examples: {
      positive: [
        'solver 1.0 has requirement numpy>=99, but you have numpy 2.4.6.',
        'solver 1.0 requires acme, which is not installed.',
      ],
      nearMiss: ['No broken requirements found.', 'the build requires python, which is installed'],
    },
  },
  {
    ...runtime,
    id: 'pip/build',
    hints: ['subprocess-exited-with-error', 'metadata-generation-failed', 'failed building wheel', 'failed to build'],
    pattern:
      /error: (?:subprocess-exited-with-error|metadata-generation-failed)|ERROR: Failed building wheel for (\S{1,100})|ERROR: Failed to build/,
    role: 'wrapper',
    weight: 32,
    category: 'dependency',
    phase: 'install',
    statement: 'pip could not build a package from its source. $1',
    examples: {
      positive: ['  ERROR: Failed building wheel for lxml', '  error: subprocess-exited-with-error'],
      nearMiss: ['Successfully built lxml'],
    },
  },
  {
    ...test,
    id: 'pytest/summary',
    hints: [' failed', 'failed (', 'errors during', 'test failed'],
    pattern:
      /^\*{3}Test Failed\*{3}|^=+ (?:.{0,80}, )?[1-9]\d* (?:failed|errors?)\b.{0,120}=+$|^FAILED \((?:failures|errors)=\d+|Interrupted: \d+ errors? during collection/,
    role: 'wrapper',
    weight: 28,
    examples: {
      positive: ['===== 1 failed, 12 passed in 0.42s =====', 'FAILED (failures=1, errors=2)'],
      nearMiss: ['===== 12 passed in 0.42s =====', 'FAILED to open'],
    },
  },
]
