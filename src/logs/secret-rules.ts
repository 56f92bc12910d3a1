// What a secret looks like. Each pattern finds it after one of its `hints` (lowercase literals that must occur in the
// line) and is linear on any input: it starts at a literal or behind a lookbehind, and every run before something
// required is bounded.

export interface SecretRule {
  /** Shown in the placeholder: `[REDACTED:github-token:1]`. */
  id: string
  hints: string[]
  /** Global. The group `secret` is what is replaced; without one the whole match. */
  pattern: RegExp
  /** Whether a match is a secret after all. */
  accept?: (secret: string) => boolean
}

// A name that announces a secret, at the end of an identifier: DB_PASSWORD, clientSecret, x-api-key.
const strongNames = `pass(?:word|wd|phrase|code)?|pwd|secret|client[_-]?secret|secret[_-]?(?:access[_-]?)?key|(?:api|auth|access|private|signing|encryption|master|account|shared[_-]?access|session|license|deploy|storage)[_-]?key|token|credentials?|connection[_-]?string`
const quotedValue = String.raw`"(?<double>(?:[^"\\\n]|\\.){1,4096})"|'(?<single>[^'\n]{1,4096})'`
/** What may stand between such a name and its value's sign: DB_PASSWORD_2, SECRET_KEY_BASE. */
const nameEnd = '(?:[_-](?:base64|b64|base|value|prod|dev|test|staging|[a-z]{2}|\\d{1,3})){0,2}'
/** In a bare value: an ampersand belongs to it, unless another `name=` of a query follows. */
const bareValueRest = String.raw`(?:[^\s"',;&]|&(?!(?:amp;)?[\w.[\]-]{1,64}=)){2,1023}`

/** Values that name no secret: variables, masks, types, prose. */
const harmless =
  /^(?:\*+|x{3,}|\.{3,}|\[.*|<.*|\$.*|\{\{.*|%.*|null|none|nil|undefined|true|false|yes|no|empty|required|missing|invalid|unset|not|string|str|and|or|is|was|for|the|file|from|env|unexpected|expired|incorrect|wrong|authentication|failed|error|denied|redacted|masked|hidden|secret|password|token|\d{1,2})[,;.)\]]*$/i

/** Bare values after a colon are often prose (`token: unexpected end`): those of a secret mix kinds of characters. */
const looksRandom = (value: string) => value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value)

/** Whether a value beside a telling name is one, not a variable, a mask or prose. */
export const isSecret = (value: string) => !harmless.test(value)

function literal(id: string, hints: string[], source: string): SecretRule {
  return { id, hints, pattern: new RegExp(source, 'g') }
}

/** Specific before general: what an earlier rule replaced is never looked at again. */
export const secretRules: SecretRule[] = [
  literal('github-token', ['gh', 'github_pat'], String.raw`\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{22,255})`),
  literal('gitlab-token', ['gl'], String.raw`\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[\w-]{18,255}`),
  literal('aws-access-key', ['akia', 'asia', 'abia', 'acca'], String.raw`\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b`),
  literal('google-api-key', ['aiza'], String.raw`\bAIza[\w-]{35}`),
  literal('google-oauth-token', ['ya29', 'gocspx'], String.raw`\bya29\.[\w-]{20,2048}|\bGOCSPX-[\w-]{20,64}`),
  literal('azure-client-secret', ['q~'], String.raw`(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}`),
  literal('azure-signature', ['sig='], String.raw`(?<=[?&;]sig=)[\w%+/=-]{20,256}`),
  literal(
    'slack-token',
    ['xox', 'xapp'],
    String.raw`\bxox[abeoprs](?:\.xox[bp])?-[\w-]{10,255}|\bxapp-\d-[\w-]{10,255}`,
  ),
  literal(
    'slack-webhook',
    ['hooks.slack.com'],
    String.raw`(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{16,255}`,
  ),
  literal('discord-webhook', ['api/webhooks'], String.raw`(?<=\/api\/webhooks\/\d{5,25}\/)[\w-]{20,128}`),
  // Anyone who has the link has the file, until it expires.
  literal('url-signature', ['-signature='], String.raw`(?<=\bX-(?:Amz|Goog)-Signature=)[a-fA-F0-9]{32,1024}`),
  literal('teams-webhook', ['incomingwebhook/'], String.raw`(?<=\/IncomingWebhook\/)[\w/-]{16,255}`),
  literal('telegram-token', [':aa'], String.raw`(?<!\d)\d{8,10}:AA[\w-]{32,33}`),
  literal('npm-token', ['npm_'], String.raw`\bnpm_[A-Za-z0-9]{30,64}\b`),
  literal('pypi-token', ['pypi-ag'], String.raw`\bpypi-Ag[\w-]{50,255}`),
  literal('rubygems-token', ['rubygems_'], String.raw`\brubygems_[a-f0-9]{40,64}\b`),
  literal('docker-token', ['dckr_'], String.raw`\bdckr_[a-z]{3}_[\w-]{20,64}`),
  literal('huggingface-token', ['hf_'], String.raw`\bhf_[A-Za-z0-9]{30,64}\b`),
  literal(
    'model-api-key',
    ['sk-', 'gsk_', 'xai-'],
    String.raw`\bsk-(?:[a-z]{2,10}\d{0,2}-){0,2}[\w-]{20,255}|\bgsk_[A-Za-z0-9]{40,64}|\bxai-[A-Za-z0-9]{40,128}`,
  ),
  literal(
    'stripe-key',
    ['_live_', '_test_', 'whsec_'],
    String.raw`\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,255}|\bwhsec_[A-Za-z0-9+/=]{20,128}`,
  ),
  literal('sendgrid-key', ['sg.'], String.raw`(?<![\w.-])SG\.[\w-]{16,64}\.[\w-]{16,64}`),
  literal('digitalocean-token', ['_v1_'], String.raw`\bdo[opr]_v1_[a-f0-9]{64}\b`),
  literal('vault-token', ['hv'], String.raw`\bhv[sbr]\.[\w-]{20,512}`),
  literal('atlassian-token', ['atatt', 'atctt'], String.raw`\bAT[AC]TT3[\w=.-]{20,512}`),
  literal('databricks-token', ['dapi'], String.raw`\bdapi[a-f0-9]{32}(?:-\d)?\b`),
  literal('grafana-token', ['glsa_', 'glc_'], String.raw`\bgls?[ac]_[\w+/=]{20,512}`),
  literal('shopify-token', ['shp'], String.raw`\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b`),
  literal('linear-token', ['lin_'], String.raw`\blin_(?:api|oauth)_[A-Za-z0-9]{30,64}\b`),
  literal('sentry-token', ['sntry'], String.raw`\bsntry[su]_[\w+/=-]{30,512}`),
  literal('sonar-token', ['sqp_', 'sqa_', 'squ_'], String.raw`\bsq[pau]_[a-f0-9]{40}\b`),
  literal('pulumi-token', ['pul-'], String.raw`\bpul-[a-f0-9]{40}\b`),
  literal('fly-token', ['fm1', 'fm2_'], String.raw`\bfm(?:1[ar]|2)_[\w+/=-]{20,2048}`),
  literal('planetscale-token', ['pscale_'], String.raw`\bpscale_(?:tkn|oauth|pw)_[\w.-]{32,64}`),
  literal('postman-key', ['pmak-'], String.raw`\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b`),
  literal('new-relic-key', ['nrak-'], String.raw`\bNRAK-[A-Z0-9]{27,32}\b`),
  literal('gitlab-token', ['gr1348941'], String.raw`\bGR1348941[\w-]{20,64}`),
  literal('doppler-token', ['dp.'], String.raw`\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,128}`),
  literal('terraform-token', ['.atlasv1.'], String.raw`(?<![\w.])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,72}`),
  literal('nuget-key', ['oy2'], String.raw`\boy2[a-z0-9]{43}\b`),
  literal('supabase-token', ['sbp_'], String.raw`\bsbp_[a-f0-9]{40}\b`),
  literal('mailgun-key', ['key-'], String.raw`(?<![\w-])key-[a-z0-9]{32}\b`),
  literal('age-key', ['age-secret-key'], String.raw`\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b`),
  // Header, payload and signature; the lookbehind gives each run of base64url one start.
  literal('jwt', ['eyj'], String.raw`(?<![\w-])eyJ[\w-]{6,8192}\.[\w-]{4,8192}(?:\.[\w-]{0,8192}){0,3}`),
  {
    id: 'authorization',
    hints: ['authorization', 'proxy-auth'],
    pattern:
      /(?<!(?:requires?|without|missing|no|need) )authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:basic|bearer|token|digest|apikey|negotiate|ntlm|aws4-hmac-sha256)\s{1,3})?(?<secret>[^\s"',][^"'\n]{0,4095})/gi,
    accept: isSecret,
  },
  {
    id: 'authorization',
    hints: ['bearer', 'basic'],
    pattern: /\b(?:bearer|basic)\s{1,3}(?<secret>[\w.~+/=-]{16,4096})/gi,
    accept: (value) => /[\d=]/.test(value),
  },
  {
    id: 'cookie',
    hints: ['cookie'],
    pattern: /cookie["']?\s{0,3}:\s{0,3}["']?(?<secret>[^\s"';=]{1,256}=[^"'\n]{1,8192})/gi,
  },
  {
    // user:password@, also :password@. A port followed by a path is none.
    id: 'url-password',
    hints: ['://'],
    pattern:
      /:\/\/[^\s:/@'"<>]{0,256}:(?!\d{1,5}(?:[/?#\s]|$))(?<secret>[^\s'"<>@]{1,512}(?:@[^\s/'"<>@]{1,256}(?=@))?)@/g,
    accept: isSecret,
  },
  {
    // A token in the place of the user name.
    id: 'url-password',
    hints: ['://'],
    pattern: /:\/\/(?<secret>[^\s:/@'"<>]{20,512})@/g,
    accept: isSecret,
  },
  {
    id: 'secret-flag',
    hints: ['-u', '--user', '--proxy-user'],
    pattern: /(?:^|\s)(?:-u|--user|--proxy-user)[ =]{1,2}["']?[^\s:"']{1,128}:(?<secret>[^\s"']{1,512})/g,
    accept: (value) => isSecret(value) && !/^\d{1,6}$/.test(value) && !value.startsWith('//'),
  },
  {
    id: 'secret-flag',
    hints: ['mysql', 'mariadb', 'sshpass', 'login'],
    pattern:
      /\b(?:mysql\w{0,10}|mariadb\w{0,10}|sshpass|(?:docker|podman|registry|az|buildah|skopeo) login)\s(?:[^\n]{0,300}?\s)?-p\s?(?<secret>[^\s-][^\s]{0,511})/g,
    accept: isSecret,
  },
  {
    id: 'secret-flag',
    hints: ['pass', 'secret', 'token', 'key', 'pwd', 'cred'],
    pattern: new RegExp(
      String.raw`(?<=(?:^|[\s"'])--?(?:[\w-]{0,40}[_-])?(?:${strongNames})(?:=|\s{1,2}))(?:${quotedValue}|(?<secret>[^\s"',;-][^\s"',;]{2,1023}))`,
      'gi',
    ),
    accept: isSecret,
  },
  {
    // redis-cli -a value, ldapsearch -w value, unzip -P value, and curl's -u among other letters.
    id: 'secret-flag',
    hints: ['redis-cli', 'ldap', 'zip ', 'curl '],
    pattern:
      /\b(?:redis-cli\s(?:[^|;\n]{0,300}?\s)?(?:-a|--pass)|ldap(?:search|add|modify|delete|whoami|passwd)\s(?:[^|;\n]{0,300}?\s)?-w|(?:un)?zip\s(?:[^|;\n]{0,300}?\s)?-P|curl\s(?:[^|;\n]{0,300}?\s)?-[a-zA-Z]{1,8}u\s{1,3}["']?[^\s:"']{1,128}:)\s{0,3}["']?(?<secret>[^\s"'|;]{3,512})/g,
    accept: isSecret,
  },
  {
    // keytool -storepass value, openssl -passin pass:value
    id: 'secret-flag',
    hints: ['storepass', 'keypass', ' pass:'],
    pattern:
      /(?:\s-(?:src|dest|new|old)?(?:store|key)pass\s{1,3}|\s-?-pass(?:in|out)?\s{1,3}pass:)["']?(?<secret>[^\s"']{3,512})/g,
    accept: isSecret,
  },
  {
    // A runner is told what to mask, and may write that down first.
    id: 'secret-flag',
    hints: ['add-mask'],
    pattern: /(?:::add-mask::|##\[add-mask\])\s{0,3}(?<secret>[^\n]{3,1024})/g,
    accept: isSecret,
  },
  {
    id: 'secret-flag',
    hints: ['sonar.login', 'securestring'],
    pattern:
      /(?:sonar\.login=|\bConvertTo-SecureString\s{1,3}(?:-String\s{1,3})?)["']?(?<secret>[^\s"'$(][^\s"']{5,512})/gi,
    accept: (value) => isSecret(value) && /\d/.test(value),
  },
  {
    // echo value | docker login --password-stdin
    id: 'secret-flag',
    hints: ['-stdin', '--with-token', 'sudo -s'],
    pattern:
      /\b(?:echo|printf)\s{1,3}(?:-n\s{1,3}|'%s'\s{1,3})?(?:"(?<double>[^"\n]{1,512})"|'(?<single>[^'\n]{1,512})'|(?<secret>[^\s"'|;&]{1,512}))\s{0,3}\|[^|\n]{0,300}?(?:--password-stdin|--pass(?:word|phrase)-stdin|--with-token|\bsudo -S)/g,
    accept: isSecret,
  },
  {
    // NAME=value, "name": "value", name => 'value'. In prose nobody writes an equals sign after these words.
    id: 'secret-assignment',
    hints: ['pass', 'secret', 'token', 'key', 'pwd', 'cred', 'string'],
    pattern: new RegExp(
      String.raw`(?:${strongNames})${nameEnd}\\{0,3}["']?(?:\]|\))?\s{0,3}(?:=>|->|:=|=|:)\s{0,3}(?:${quotedValue}|\\{1,3}"(?<escaped>[^"\\\n]{1,4096})\\{1,3}")`,
      'gi',
    ),
    accept: isSecret,
  },
  {
    id: 'secret-assignment',
    hints: ['pass', 'secret', 'token', 'key', 'pwd', 'cred'],
    pattern: new RegExp(
      String.raw`(?:${strongNames})${nameEnd}\s{0,1}(?:=|%3d)\s{0,1}["']?(?<secret>[^\s"'=,;&>)\]}]${bareValueRest})`,
      'gi',
    ),
    accept: isSecret,
  },
  {
    id: 'secret-assignment',
    hints: ['pass', 'pwd'],
    pattern:
      /(?:password|passwd|passphrase|pwd)(?:\s{0,1}:\s{0,3}|\s{1,3}->\s{1,3})(?<secret>[^\s"',;]{4,1023})(?=[\s,;]|$)/gi,
    accept: isSecret,
  },
  {
    id: 'secret-assignment',
    hints: ['secret', 'token', 'key', 'cred'],
    pattern: new RegExp(
      String.raw`(?:${strongNames})(?:\s{0,1}:\s{0,3}|\s{1,3}->\s{1,3})(?<secret>[^\s"',;]{8,1023})`,
      'gi',
    ),
    accept: (value) => isSecret(value) && looksRandom(value),
  },
  {
    // <password>value</password>
    id: 'secret-assignment',
    hints: ['pass', 'secret', 'token', 'key', 'pwd', 'cred'],
    pattern: new RegExp(
      String.raw`(?:${strongNames})(?:\s[^<>\n]{0,200})?>\s{0,3}(?<secret>[^\s<>][^<>\n]{2,1023})</`,
      'gi',
    ),
    accept: isSecret,
  },
  {
    // <Password value="..."/>, <add key="ApiKey" value="..."/>
    id: 'secret-assignment',
    hints: ['value'],
    pattern: new RegExp(
      String.raw`(?:<[\w.:-]{0,60}|\b(?:name|key)\s?=\s?["'][\w.:-]{0,80})(?:${strongNames})["']?\s[^<>\n]{0,200}?\bvalue\s?=\s?(?:${quotedValue})`,
      'gi',
    ),
    accept: isSecret,
  },
  {
    // A call: password("..."), setApiKey('...'). Without quotes only what is no name of a variable.
    id: 'secret-assignment',
    hints: ['pass', 'secret', 'token', 'key', 'pwd', 'cred'],
    pattern: new RegExp(
      String.raw`(?:${strongNames})\((?:"(?<double>[^"\\\n]{3,512})"|'(?<single>[^'\\\n]{3,512})'|(?<secret>[^\s"'()<>,;.]{4,512}))\)`,
      'gi',
    ),
    accept: (value) => isSecret(value) && /\d/.test(value) && /[A-Za-z]/.test(value),
  },
  {
    // access-token "...", password '...': a name of two words, or a password. `token "}"` is what parsers say.
    id: 'secret-assignment',
    hints: ['pass', 'secret', 'token', 'key', 'pwd', 'cred'],
    pattern:
      /(?:(?:access|auth|api|bearer|bot|client|deploy|refresh|session|private|signing|registry)[_-](?:token|secret|key|pass(?:word|phrase)?)|pass(?:word|wd|phrase))\s{1,3}(?:"(?<double>[^"\s]{4,512})"|'(?<single>[^'\s]{4,512})')/gi,
    accept: isSecret,
  },
  {
    // redis.conf and CONFIG SET.
    id: 'secret-assignment',
    hints: ['requirepass', 'masterauth'],
    pattern: /\b(?:requirepass|masterauth)["']?\s{1,3}["']?(?<secret>[^\s"']{3,512})/gi,
    accept: isSecret,
  },
  {
    // jdbc:oracle:thin:scott/value@host, sqlplus scott/value@db
    id: 'url-password',
    hints: ['jdbc:oracle:', 'sqlplus '],
    pattern:
      /(?:jdbc:oracle:\w{1,10}:|\bsqlplus\s(?:-\w{1,3}\s){0,3})[^\s/@:"']{1,128}\/(?:"(?<double>[^"\n]{1,256})"|(?<secret>[^\s@"']{1,256}))@/gi,
    accept: isSecret,
  },
  {
    // Dockerfiles: ENV DB_PASSWORD value, ARG TOKEN value.
    id: 'secret-assignment',
    hints: ['env ', 'arg '],
    pattern: new RegExp(
      String.raw`\b(?:env|arg)\s{1,3}\w{0,60}(?:${strongNames})\s{1,3}(?<secret>[^\s"'=][^\s"']{2,1023})`,
      'gi',
    ),
    accept: isSecret,
  },
  {
    // SQL: CREATE USER ... IDENTIFIED BY 'value', ALTER ROLE ... PASSWORD 'value'.
    id: 'secret-assignment',
    hints: ['identified by', 'password'],
    pattern: /(?:identified by|password)\s{1,3}'(?<secret>[^'\n]{1,512})'/gi,
    accept: isSecret,
  },
  {
    // A netrc, and what databases say when they have made one up.
    id: 'secret-assignment',
    hints: ['password'],
    pattern:
      /(?:login\s{1,3}\S{1,128}\s{1,3}password\s{1,3}|password is generated for \S{1,128}: |password (?:is|was):?\s{1,3}["']?)(?<secret>[^\s"']{8,512})/gi,
    accept: (value) => isSecret(value) && looksRandom(value),
  },
  {
    // High entropy beside a name that is telling only then. Hashes are no secrets; they are hex.
    id: 'secret-assignment',
    hints: ['key', 'auth', 'sig', 'sas', 'pat', 'otp', 'seed', 'salt', 'private', 'cert', 'hmac', 'nonce', 'pin'],
    pattern:
      /(?<![A-Za-z])(?:key|auth|sig|signature|sas|pat|otp|seed|salt|private|cert|hmac|nonce|pin)["']?\s{0,3}[:=]\s{0,3}["']?(?<secret>[A-Za-z0-9+/_=]{20,512})(?![\w.-])/gi,
    accept: (value) => !/^[0-9a-f]+$/i.test(value) && looksRandom(value) && bitsPerCharacter(value) >= 3.8,
  },
]

/** Shannon entropy. */
function bitsPerCharacter(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

/** What is redacted only when it is asked for. */
export const personalData = ['email', 'ip'] as const
export type PersonalData = (typeof personalData)[number]

export const personalRules: Record<PersonalData, SecretRule[]> = {
  email: [
    {
      id: 'email',
      hints: ['@'],
      pattern: /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/g,
      // scp-like addresses of repositories are no person's.
      accept: (value) => !value.startsWith('git@'),
    },
  ],
  ip: [
    {
      id: 'ip',
      hints: ['.'],
      pattern: /(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)/g,
      accept: (value) => value !== '0.0.0.0' && !value.startsWith('127.'),
    },
    {
      id: 'ip',
      hints: [':'],
      pattern:
        /(?<![\w:.])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6})(?![\w:])/gi,
      accept: (value) => /[0-9a-f]{3}/i.test(value) && value.split(':').length > 3,
    },
  ],
}
