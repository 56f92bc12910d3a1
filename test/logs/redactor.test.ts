import { describe, expect, it } from 'vitest'
import { Redactor } from '../../src/logs/redactor.ts'
import { TextRedactor } from '../../src/logs/text-redactor.ts'
import { reduced } from './reduced-fixture.ts'

const redact = (text: string) => {
  const redactor = new Redactor()
  return text
    .split('\n')
    .map((line) => redactor.redactLine(line))
    .join('\n')
}

/** Secrets are put together at run time: no scanner should find one in this repository. */
const letters = (length: number) => 'aB3dE5gH7jK9mN1pQ2sT4vW6yZ8'.repeat(20).slice(0, length)
const hex = (length: number) => '0a1b2c3d4e5f6789'.repeat(20).slice(0, length)

const secrets: [rule: string, secret: string, line: (secret: string) => string][] = [
  ['github-token', `ghp_${letters(36)}`, (s) => `remote: using ${s} for acme/shop`],
  ['github-token', `github_pat_${letters(60)}`, (s) => `GH=${s}`],
  ['gitlab-token', `glpat-${letters(20)}`, (s) => `cloning https://oauth2:${s}@gitlab.acme.dev/shop.git`],
  ['aws-access-key', `AKIA${'ABCDEFGH23456789'}`, (s) => `aws_access_key_id ${s}`],
  ['secret-assignment', letters(40), (s) => `AWS_SECRET_ACCESS_KEY=${s}`],
  ['google-api-key', `AIza${letters(35)}`, (s) => `GET /maps?key=${s}&q=x`],
  ['slack-token', `xoxb-${'123456789012'}-${letters(24)}`, (s) => `posting as ${s}`],
  ['slack-webhook', `T0AAAAAAA/B0BBBBBBB/${letters(24)}`, (s) => `POST https://hooks.slack.com/services/${s} 404`],
  ['npm-token', `npm_${letters(36)}`, (s) => `//npm.example.com/:_authToken ${s}`],
  ['model-api-key', `sk-proj-${letters(48)}`, (s) => `using key ${s}`],
  ['stripe-key', `sk_live_${letters(24)}`, (s) => `stripe ${s}`],
  ['telegram-token', `123456789:AA${letters(33)}`, (s) => `https://api.telegram.org/bot${s}/sendMessage`],
  ['jwt', `eyJ${letters(20)}.eyJ${letters(40)}.${letters(43)}`, (s) => `token rejected: ${s}`],
  ['authorization', `Basic ${letters(24)}==`.slice(6), (s) => `> Authorization: Basic ${s}`],
  ['authorization', letters(30), (s) => `curl -H "Authorization: Bearer ${s}" https://api`],
  ['cookie', `session=${letters(30)}`, (s) => `Set-Cookie: ${s}; Path=/; HttpOnly`],
  ['url-password', 'hunter2!x', (s) => `connecting to postgres://shop:${s}@db.internal:5432/orders`],
  ['url-password', 'p4ss/word', (s) => `redis://:${s}@cache:6379/0`],
  ['secret-flag', 'correct-horse', (s) => `+ mysql --user=shop --password ${s} orders`],
  ['secret-flag', 'tr0ub4dor', (s) => `docker login -u ci -p ${s} registry.acme.dev`],
  ['secret-flag', 's3same', (s) => `curl -u admin:${s} https://api.acme.dev`],
  ['secret-assignment', 'opensesame', (s) => `DB_PASSWORD=${s}`],
  ['secret-assignment', 'opensesame', (s) => `{"user":"shop","password":"${s}"}`],
  ['secret-assignment', 'open sesame now', (s) => `client_secret: '${s}'`],
  ['secret-assignment', 'Xy12-opensesame', (s) => `Server=db;Database=shop;User Id=sa;Password=${s};Encrypt=true`],
  ['secret-assignment', letters(32), (s) => `api_key: ${s}`],
  [
    'secret-assignment',
    `${letters(86)}==`,
    (s) => `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${s};EndpointSuffix=core`,
  ],
  ['secret-assignment', 'Tr0ub4dor&3zz9', (s) => `login failed: password=${s} rejected`],
  ['secret-assignment', 'Tr0ub4dor&3zz9', (s) => `GET /login?password=${s}&user=shop`],
  ['secret-assignment', `a\\"${letters(12)}`, (s) => `{"password":"${s}"}`],
  ['secret-assignment', letters(16), (s) => String.raw`{"log":"{\\\"password\\\":\\\"${s}\\\"}"}`],
  ['secret-assignment', letters(16), (s) => `body: user=shop&password%3D${s}`],
  ['secret-assignment', 'opensesame', (s) => `DB_PASSWORD="${s}`],
  ['secret-assignment', letters(64), (s) => `SECRET_KEY_BASE=${s}`],
  ['secret-assignment', 'open sesame', (s) => `[DEBUG] <server><password>${s}</password></server>`],
  ['secret-assignment', 'opensesame', (s) => `Step 4/9 : ENV DB_PASSWORD ${s}`],
  ['secret-assignment', 'open sesame', (s) => `CREATE USER shop IDENTIFIED BY '${s}'`],
  ['secret-assignment', 'opensesame', (s) => `ALTER ROLE shop WITH PASSWORD '${s}'`],
  ['secret-assignment', 'hk3;Vq2+aB', (s) => `A temporary password is generated for root@localhost: ${s}`],
  ['secret-assignment', letters(16), (s) => `machine git.acme.dev login ci password ${s}`],
  ['secret-flag', 'opensesame', (s) => `args: ["--password=${s}"]`],
  ['secret-assignment', 'opensesame', (s) => `<Password value="${s}"/>`],
  ['secret-assignment', 'opensesame', (s) => `<add key="Db.Password" value="${s}" />`],
  ['secret-assignment', 'open sesame', (s) => `<password encrypted="false">${s}</password>`],
  ['secret-assignment', 'opensesame', (s) => `#7 [2/5] ARG DEPLOY_TOKEN ${s}`],
  ['secret-assignment', 'opensesame', (s) => `ENV TOKEN ${s}`],
  ['secret-assignment', 'opens3same', (s) => `builder.user("shop").password("${s}").build()`],
  ['secret-assignment', 'opens3same!', (s) => `password(${s})`],
  ['secret-assignment', 'opensesame', (s) => `password -> ${s}`],
  ['secret-assignment', letters(24), (s) => `api_key -> ${s}`],
  ['secret-assignment', 'opensesame', (s) => `access-token "${s}"`],
  ['secret-assignment', 'opensesame', (s) => `requirepass ${s}`],
  ['secret-assignment', 'opensesame', (s) => `CONFIG SET masterauth "${s}"`],
  ['url-password', 't1ger', (s) => `connecting to jdbc:oracle:thin:scott/${s}@db.internal:1521/ORCL`],
  ['secret-flag', 'opensesame', (s) => `+ echo ${s} | docker login -u ci --password-stdin registry.acme.dev`],
  ['secret-flag', 'open sesame', (s) => `echo "${s}" | helm registry login --password-stdin`],
  ['vault-token', `hvs.${letters(30)}`, (s) => `VAULT login ${s}`],
  ['url-signature', hex(64), (s) => `GET https://acme.s3.amazonaws.com/a.zip?X-Amz-Date=1&X-Amz-Signature=${s} 403`],
  ['url-signature', hex(256), (s) => `https://storage.googleapis.com/b/o?X-Goog-Signature=${s}`],
  [
    'teams-webhook',
    `${hex(32)}/1-2-3`,
    (s) => `POST https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/${s}`,
  ],
  ['telegram-token', `110201543:AA${letters(32)}`, (s) => `POST https://api.telegram.org/bot${s}/sendMessage 401`],
  ['sonar-token', `sqp_${hex(40)}`, (s) => `analysis as ${s}`],
  ['pulumi-token', `pul-${hex(40)}`, (s) => `logged in with ${s}`],
  ['fly-token', `fm2_${letters(60)}`, (s) => `FlyV1 ${s}`],
  ['planetscale-token', `pscale_tkn_${letters(43)}`, (s) => `service ${s}`],
  ['postman-key', `PMAK-${hex(24)}-${hex(34)}`, (s) => `newman: ${s}`],
  ['new-relic-key', `NRAK-${'ABCDEFGHJKLMNPQRSTUVWXYZ234'}`, (s) => `invalid ${s}`],
  ['gitlab-token', `GR1348941${letters(20)}`, (s) => `Using runner ${s}`],
  ['doppler-token', `dp.st.prd.${letters(43)}`, (s) => `doppler: ${s} was revoked`],
  ['terraform-token', `${letters(14)}.atlasv1.${letters(67)}`, (s) => `401 for ${s}`],
  ['nuget-key', `oy2${letters(43).toLowerCase()}`, (s) => `dotnet nuget push shop.nupkg -k ${s}`],
  ['supabase-token', `sbp_${hex(40)}`, (s) => `linked with ${s}`],
  ['mailgun-key', `key-${hex(32)}`, (s) => `mailgun refused api:${s}`],
  ['secret-flag', 'opensesame', (s) => `+ redis-cli -h cache -a ${s} ping`],
  ['secret-flag', 'opensesame', (s) => `ldapsearch -D cn=admin -w ${s} -b dc=acme`],
  ['secret-flag', 'opensesame', (s) => `unzip -P ${s} dump.zip`],
  ['secret-flag', 'opensesame', (s) => `+ curl -sSfu ci:${s} https://api.acme.dev`],
  ['secret-flag', 'opensesame', (s) => `keytool -importkeystore -srcstorepass ${s} -srckeystore a.jks`],
  ['secret-flag', 'opensesame', (s) => `openssl pkcs12 -in a.p12 -passin pass:${s} -nodes`],
  ['secret-flag', 'opensesame', (s) => `::add-mask::${s}`],
  ['secret-flag', 'opensesame', (s) => `##[add-mask]${s}`],
  ['secret-flag', hex(40), (s) => `mvn -Dsonar.login=${s} verify`],
  ['secret-flag', 'opens3same', (s) => `ConvertTo-SecureString '${s}' -AsPlainText -Force`],
  ['databricks-token', `dapi${hex(32)}`, (s) => `using ${s}`],
]

describe('the redactor', () => {
  it.each(secrets)('replaces a %s: %s', (rule, secret, line) => {
    const result = redact(line(secret))
    expect(result).not.toContain(secret)
    expect(result).toContain(`[REDACTED:${rule}:1]`)
  })

  it.each([
    'SyntaxError: Unexpected token: punc (})',
    'FATAL: password authentication failed for user "shop"',
    'error: secret "shop-env" not found',
    'NODE_AUTH_TOKEN: ***',
    'token = $GITHUB_TOKEN',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of a CI system
    'password: ${{ secrets.DB_PASSWORD }}',
    'cache key: npm-linux-x64',
    'using key from env',
    'http://localhost:8080/users/@me',
    'git clone https://github.com/acme/shop.git',
    'commit 3f786850e387550fdab836ed7e6dc881de23001b',
    'curl -sSL https://get.acme.dev/install.sh',
    'redis-cli -h cache -a $REDIS_PASSWORD ping',
    'ldapsearch -x -LLL -W uid=alice',
    'unzip -o -q dist.zip -d out',
    '::add-mask::***',
    'keytool -importkeystore -srcstorepass $STOREPASS',
    'mvn -Dsonar.login=$SONAR_TOKEN verify',
    'ConvertTo-SecureString $password -AsPlainText -Force',
    'ConvertTo-SecureString : Cannot bind argument to parameter String',
    'restored cache from key-linux-x64',
    'dp.test.js:12 assertion failed',
    'src/token.ts:12:5 - error TS2304: Cannot find name',
    'Basic authentication is disabled',
    "KeyError: 'currency'",
    'error: expected `;`, found keyword `let`',
    'public key: ssh-ed25519',
    'passed: 12, failed: 1',
    'repository does not exist or may require authorization: server message: insufficient_scope',
    '<Password value=""/>',
    '<Button value="Reset the password"/>',
    '<password></password>',
    'ARG DEPLOY_TOKEN',
    'ENV TOKEN $DEPLOY_TOKEN',
    'the arg token is missing',
    'const user = checkPassword(request)',
    'expect(getPassword()).toBe(1)',
    '$this->token->position',
    'the parser maps token -> expression',
    'SyntaxError: unexpected token "function" in JSON',
    'requirepass is not set',
    'requirepass ""',
    'connecting to jdbc:oracle:thin:@db.internal:1521/ORCL',
    'echo $DOCKER_PASSWORD | docker login --password-stdin',
    'echo opensesame | docker load',
    'password:\nEnter it again',
    'password:\n  at Login (src/login.ts:4:2)',
    'token:\n  value: 3\n  kind: ident',
    'error: unexpected token:\n  identifier',
    'secret: |\nkind: Secret',
  ])('leaves alone: %s', (line) => {
    expect(redact(line)).toBe(line)
  })

  it.each([
    ['password:\n  opensesame', 'password:\n  [REDACTED:secret-assignment:1]'],
    ['- token:\n    opensesame\n  kind: x', '- token:\n    [REDACTED:secret-assignment:1]\n  kind: x'],
    [
      '  db_password: |\n    open: sesame {now}\n\n    and more\n  host: db',
      '  db_password: |\n    [REDACTED:secret-assignment:1]\n\n    [REDACTED:secret-assignment:2]\n  host: db',
    ],
    [
      '2026-03-04T09:12:01Z   token: >-\n2026-03-04T09:12:02Z     opensesame',
      '2026-03-04T09:12:01Z   token: >-\n2026-03-04T09:12:02Z     [REDACTED:secret-assignment:1]',
    ],
  ])('replaces a value on the lines after its name: %j', (log, redacted) => {
    expect(redact(log)).toBe(redacted)
  })

  it('replaces personal data when asked, and only then', () => {
    const line = 'jane.doe@acme.dev from 203.0.113.9 and 2001:db8::8a2e:370:7334, clone git@acme.dev:shop.git v1.2.3.4'
    expect(new Redactor().redactLine(line)).toBe(line)
    expect(new Redactor({ also: ['email', 'ip'] }).redactLine(line)).toBe(
      '[REDACTED:email:1] from [REDACTED:ip:1] and [REDACTED:ip:2], clone git@acme.dev:shop.git v1.2.3.4',
    )
  })

  it('finds tokens that only the second net knows, whatever a comment in the log says', () => {
    const account = { email: 'abcdefghijkl@1passwordserviceaccounts.com', muk: { alg: 'A256GCM', k: letters(43) } }
    const json = JSON.stringify({ ...account, secretKey: letters(34), srpX: hex(64), deviceUuid: letters(26) })
    // The token ends where base64 has one byte left over: `}`.
    const token = `ops_${Buffer.from(json.replace('abc', 'a'.repeat(3 + ((3 - ((json.length + 2) % 3)) % 3)))).toString('base64')}`
    const lines = ['// secretlint-disable', `signing in with ${token} now`, 'done']
    const redacted = new Redactor().redactLines(lines)
    expect(redacted).toHaveLength(3)
    expect(redacted[1]).toBe('signing in with [REDACTED:1password:1] now')
    expect([redacted[0], redacted[2]]).toEqual([lines[0], lines[2]])
  })

  it('gives the same result for lines one by one and together', () => {
    const lines = secrets.map(([, secret, line]) => line(secret))
    const single = new Redactor()
    expect(new Redactor().redactLines(lines)).toEqual(lines.map((line) => single.redactLine(line)))
  })

  it('replaces what stands beside a secret that an earlier rule found', () => {
    const jwt = `eyJ${letters(20)}.eyJ${letters(40)}.${letters(43)}`
    expect(redact(`Cookie: id=${jwt}; session=opensesame`)).not.toContain('opensesame')
  })

  it('gives the same secret the same number, and another one another', () => {
    const [a, b] = [`ghp_${letters(36)}`, `ghp_${letters(35)}Z`]
    expect(redact(`${a} ${b} ${a}`)).toBe(
      '[REDACTED:github-token:1] [REDACTED:github-token:2] [REDACTED:github-token:1]',
    )
  })

  it('replaces a private key over its lines and keeps their number', () => {
    const body = Array.from({ length: 5 }, () => letters(64))
    const log = ['before', '-----BEGIN RSA PRIVATE KEY-----', ...body, '-----END RSA PRIVATE KEY-----', 'after'].join(
      '\n',
    )
    const lines = redact(log).split('\n')
    expect(lines).toHaveLength(9)
    expect(lines[0]).toBe('before')
    expect(lines.at(-1)).toBe('after')
    for (const part of body) expect(lines.join('\n')).not.toContain(part)
  })

  it('replaces a private key whose line breaks are escaped in one line', () => {
    const line = `{"private_key":"-----BEGIN PRIVATE KEY-----\\n${letters(64)}\\n-----END PRIVATE KEY-----\\n","x":1}`
    expect(redact(line)).not.toContain(letters(20))
    expect(redact(line)).toContain('"x":1')
  })

  it('ends a truncated private key at the next ordinary line', () => {
    const result = redact(`-----BEGIN PRIVATE KEY-----\n${letters(64)}\nerror: bad key\nnext`)
    expect(result).not.toContain(letters(20))
    expect(result).toContain('error: bad key\nnext')
  })

  it('counts what it replaced, by rule', () => {
    const redactor = new Redactor()
    redactor.redactLine(`ghp_${letters(36)} DB_PASSWORD=opensesame`)
    redactor.redactLine('PGPASSWORD=opensesame')
    expect(redactor.summary()).toEqual({ count: 3, by_rule: { 'github-token': 1, 'secret-assignment': 2 } })
  })

  it('changes nothing that it has already redacted', () => {
    for (const [, secret, line] of secrets) expect(redact(redact(line(secret)))).toBe(redact(line(secret)))
  })
})

describe('a reduced log', () => {
  it.each(secrets)('holds no %s anywhere: %s', (_, secret, line) => {
    const around = [
      'starting',
      `\u001b[31mERROR ${line(secret)}\u001b[0m`,
      `Error: cannot connect: ${line(secret)}`,
      'exit status 1',
    ]
    const result = reduced(around.join('\r\n'))
    expect(JSON.stringify(result)).not.toContain(JSON.stringify(secret).slice(1, -1))
    expect(result.redaction.count).toBeGreaterThan(0)
  })

  it('holds no secret that colour codes were to hide', () => {
    const token = `ghp_${letters(36)}`
    const result = reduced(`error: bad token ${token.slice(0, 12)}\u001b[0m${token.slice(12)}\n`)
    expect(JSON.stringify(result)).not.toContain(token.slice(14))
  })
})

describe('the redactor of a streamed text', () => {
  const text = `see ghp_${letters(36)}\n\npassword=opensesame1 and\nthe rest: token=${letters(24)}`

  it.each([1, 3, 7, 40, 1000])('shows the same, streamed in pieces of %i characters, as at once', (size) => {
    const redactor = new TextRedactor()
    let shown = ''
    for (let at = 0; at < text.length; at += size) {
      shown += redactor.push(text.slice(at, at + size))
      expect(shown).not.toContain('opensesame')
    }
    shown += redactor.end()
    expect(shown).toBe(text.split('\n').map(redactOne()).join('\n'))
    expect(shown).toContain('[REDACTED:github-token:1]')
  })

  it('shows whole lines at once and holds back what may still grow', () => {
    const redactor = new TextRedactor()
    expect(redactor.push('first\nsec')).toBe('first\n')
    expect(redactor.push('ond')).toBe('')
    expect(redactor.end()).toBe('second')
  })
})

function redactOne(): (line: string) => string {
  const redactor = new Redactor()
  return (line) => redactor.redactLine(line)
}
