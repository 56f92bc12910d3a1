// The category of a failure that no rule knows, by the words of the line, or by what the log was doing before it.

import type { Category, Phase } from './analysis.ts'
import type { LineStore } from './line-store.ts'

const words: [Category, RegExp][] = [
  [
    'dependency',
    /\bNo module named\b|ModuleNotFoundError|cannot find module|resolv(?:e|ing) dependenc|could not find artifact|\bpackage \S+ does not exist|no (?:required|matching) (?:module|package|version|distribution)|not available from current channels|unsatisfiable|can't locate \S+ in @INC|nothing provides|missing go\.sum entry|module not found|could not resolve ["'`.]|cannot import name|there is no package called/i,
  ],
  [
    'compile',
    /incompatible types|has no member|no match for|does not contain a definition|unknown type name|invalid conversion|cannot be converted|not declared|no type named|undeclared identifier|cannot find symbol|reference not found|no IMPLICIT type|undefined (?:function|reference|symbol)|isn't defined for|unbound value|cannot find name|not in scope/i,
  ],
  [
    'resource',
    /\bMemoryError\b|bad_alloc|out of memory|\boom\b|no space left|disk (?:is )?full|cannot allocate|memory (?:limit|exhausted)|quota exceeded|too many (?:open )?(?:files|connections)/i,
  ],
  ['timeout', /\btimed? ?-?out\b|\btimeout\b|deadline exceeded|took too long/i],
  [
    'permission',
    /permission|access (?:is )?denied|forbidden|unauthori[sz]ed|not (?:authori[sz]ed|permitted|allowed to)|credentials|\b40[13]\b|login failed/i,
  ],
  [
    'network',
    /\b404 not found|\berror 404\b|connection (?:refused|reset|closed|lost|failed)|resolve host|name resolution|unreachable|\b50[234]\b|\bproxy\b|\btls\b|\bssl\b|certificate|download(?:ing)? failed|failed to (?:download|fetch)|network|socket hang up/i,
  ],
  [
    'dependency',
    /\b(?:package|module|dependency|dependencies|artifact|library|gem|crate|wheel|plugin)\b.{0,80}\b(?:not found|missing|conflict|resolve|version|unavailable|not available|locate|no longer)|(?:not found|missing|cannot find|could not find|unable to (?:find|locate)|no matching).{0,60}\b(?:package|module|dependency|artifact|library|version|distribution)\b|lock ?file|lockfile|has requirement|class file (?:major )?version|peer dep/i,
  ],
  [
    'lint',
    /\blint(?:er|ing)?\b|\bclippy\b|\bstyle\b|formatt(?:ed|ing)|\bprettier\b|checkstyle|trailing whitespace|line (?:is )?(?:longer|too long)/i,
  ],
  [
    'compile',
    /\b(?:syntax|parse|parsing) error|unexpected (?:token|identifier|end of)|expected ['"`(;{}[\]].{0,12},? ?(?:but )?(?:got|found)/i,
  ],
  [
    'test',
    /\bassert(?:ion)?\b|^\s*(?:[#>|-]\s*)?(?:expected|received|actual|got)\b.{0,20}:|\bexpected\b.{1,120}\b(?:but|got|actual|received|to (?:be|equal|have|contain))\b|\btests? (?:failed|failure)|\bspec\b|\btestcase\b/i,
  ],
  [
    'compile',
    /syntax error|undeclared|undefined (?:reference|symbol|variable|identifier)|cannot find symbol|compil(?:e|ation|er)|type mismatch|parse error|unresolved reference|is not a member|mismatched types|has type .{1,80} but|of type .{0,80}expected of type|was expected of type/i,
  ],
  [
    'configuration',
    /config|\bsetting|\[emerg\]|\blistening on port|already in use|improperly ?configured|setting must|invalid (?:option|argument|value|parameter|key)|command not found|missing script|unknown (?:option|argument|flag|key|field|parameter)|environment variable|\benv\b|is not set|\byaml\b|\byml\b|incompatible|unsupported|unable to find (?:node|python|java)? ?version/i,
  ],
  ['container', /\bdocker\b|\bcontainer\b|\bimage\b|\bpod\b|kubelet/i],
  ['infrastructure', /\brunner\b|\bagent\b|artifact|\bcache\b|\bcheckout\b|\bgit\b|workspace|provision/i],
  [
    'runtime',
    /\b\w+(?:Error|Exception)\b|exception|\bpanic\b|crash|segfault|segmentation fault|core dumped|\b(?:column|relation|table) \S{1,80} |traceback|fatal|abort|unhandled|uncaught|duplicate key|constraint|invalid (?:read|write) of size|runtime error|out of bounds|above upper bound/i,
  ],
  ['runtime', /\bError: /],
]

/** What the log was doing: the last of these before the failure decides. */
const doings: [Category, Phase, RegExp][] = [
  [
    'test',
    'test',
    /\bpytest\b|\bjest\b|\bvitest\b|\bmocha\b|test session starts|\bmvn .{0,60}\btest\b|surefire|npm (?:run )?test|cargo test|go test|ctest|TEST-START|Running .{0,40}Tests?\b|\[ RUN {6}\]|Test Suite|run_test|[✓✔]|\bPASS(?:ED)?\b/i,
  ],
  [
    'lint',
    'build',
    /--- (?:maven-)?(?:checkstyle|pmd|spotbugs|license|formatter|spotless|apache-rat)|\beslint\b|\bclippy\b|sphinx-build|\bflake8\b|\bruff\b|\bmypy\b|lintrunner|golangci-lint|clang-tidy|pre-commit|checkstyle|npm run lint/i,
  ],
  [
    'dependency',
    'install',
    /npm (?:ci|install)|yarn install|pnpm install|pip install|apt-get (?:install|update)|bundle install|composer install|Collecting |Downloading from|--- (?:maven-)?(?:dependency|enforcer)-/i,
  ],
  [
    'compile',
    'build',
    /\btsc\b|\bmake\b|cmake --build|\bninja\b|Building (?:C|CXX) object|cargo build|go build|javac|maven-compiler|--- (?:revapi|japicmp|animal-sniffer)-|compile(?:Java|Kotlin)|gradle|msbuild|dotnet build|Compiling /i,
  ],
  ['container', 'package', /docker build|buildx|Step \d+\/\d+|\[\d+\/\d+\] (?:RUN|COPY)/i],
  ['infrastructure', 'deploy', /kubectl|helm (?:install|upgrade)|terraform (?:apply|plan)|ansible-playbook/i],
]

const lookBack = 2000

/** What stands in a path is the machine's, not the failure's. */
const folders = /(?:[A-Za-z]:)?(?:[\w.@+~-]{0,120}[\\/]){1,40}/g

/** `unknown` when neither the line nor what came before says anything. */
export function inferredCategory(text: string): Category {
  const told = text.replace(folders, '')
  return words.find(([, pattern]) => pattern.test(told))?.[0] ?? 'unknown'
}

/** What was going on at a line: the nearest earlier line that names a tool. */
export function inferredDoing(lines: LineStore, index: number): { category: Category; phase: Phase } {
  for (let at = index; at >= Math.max(0, index - lookBack); at--) {
    const body = lines.body(at).slice(0, 300)
    const doing = doings.find(([, , pattern]) => pattern.test(body))
    if (doing !== undefined) return { category: doing[0], phase: doing[1] }
  }
  return { category: 'unknown', phase: 'unknown' }
}
