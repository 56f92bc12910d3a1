// What makes one line of no known tool more telling than another: it names a place, a code or a thing, and it is not the
// chatter of a logger.

const details: [RegExp, number][] = [
  // A place: `cart.c:12`, `cart.py", line 12`, `at line 12`, `(12,5)`.
  [/[\w)]\.\w{1,6}[:(]\d+|\bline \d+\b/, 5],
  // A code: E102, CS0103, ORA-00942, S013. Exit codes are none.
  [/\b[A-Z]{1,6}-?\d{3,6}[A-Z]?\b/, 3],
  // A thing, in quotes.
  [/['"`‘“][^'"`’”]{1,200}['"`’”]/, 2],
  [/\b(?:because|due to|caused by|reason|expected .{1,80} (?:but|got|found|actual))\b/i, 3],
  [
    /\b(?:cannot|can't|could not|couldn't|unable to|not found|no such|does not exist|denied|refused|damaged|corrupt)/i,
    2,
  ],
  // It counts, or it sends the reader elsewhere.
  [
    /^\W*\d+ (?:\w+ )?(?:errors?|failures?|problems?|failed)\b|\b\d+ (?:failed|failures?|errors?),? |\b[Ff]ound \d+ (?:\w+ )?(?:errors?|problems?|issues?)\b|[=:(] ?\d+ failed|\((?:failures|errors)=\d|(?:see|in|from) (?:the )?(?:above|log|below)\b|for more (?:details|information)|\[Help \d\]|^\W*(?:ERROR\W{1,3})?https?:\/\/\S+$/i,
    -14,
  ],
  [
    /(?:did not run successfully|gave up|check (?:the )?logs? for|due to (?:the |\d+ )?previous|previous errors?|could not compile\b|command failed\s*$|shutting down|too many errors|stopping now|(?:return|exit) (?:code|status))/i,
    -12,
  ],
  // A frame of a stack.
  [/^\W*(?:ERROR\W{1,3})?\s*at [\w.$]{1,200}\(/, -30],
  // A heading announces; what it announces follows.
  [/:\s*$/, -9],
  // A word of failure with nothing to it.
  [/^\W*(?:FAIL(?:ED|URE)?|ERROR|error|failed)\W*(?:[\w./:@-]{0,80}\W*)?$/, -8],
  // Advice, not what happened.
  [
    /^\W*(?:(?:npm )?(?:ERROR|error|ERR!?)\W{1,8})?(?:To (?:see|resume|fix|get|reproduce)|Re-?run |Run |After correcting|For more|See |Use |Try |Please |Consider |Note\b|[Hh]int\b|You (?:can|may|should)|mvn <args>|npm run\b)/,
    -18,
  ],
  // The chatter of a level below an error.
  [/(?:^|[\s[(|"=])(?:INFO|DEBUG|TRACE|NOTICE|VERBOSE)(?:[\]:)|"\s-]|$)/, -22],
  [/(?:^|[\s[(|"=])(?:info|debug|trace|notice|verbose)(?:\]|: )/, -22],
  // Requests that a server has answered, as it should.
  [
    /^(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) \S{1,300} [1-4]\d\d\b|"(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) [^"]{1,500}" [1-4]\d\d\b/,
    -30,
  ],
  // A page's console in a browser test.
  [/\bGECKO\(\d+\) \||\bconsole\.(?:error|warn)\b|\bJavaScript (?:error|warning)\b|\bCONSOLE\(/, -26],
  // Names of tests and files that are about failing.
  [
    /\btest[_-]?\w*(?:error|fail|exception)|(?:error|fail|exception)\w*[_-]?(?:test|spec)\b|\bTEST-(?:PASS|OK|START|KNOWN|SKIP|INFO)/i,
    -24,
  ],
  [/^\s*(?:\/\/|#|\*|"""|<!--)/, -14],
]

/** From about -60 to +15. */
export function detailScore(body: string): number {
  let score = 0
  for (const [pattern, points] of details) if (pattern.test(body)) score += points
  return score
}
