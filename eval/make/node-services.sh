#!/usr/bin/env bash
# Node programs, npm, bundlers.
. "$(dirname "$0")/common.sh"

# A registry of our own: what it doesn't know is 404, and one package is always 503.
registry='cat > registry.cjs <<"JS"
require("node:http").createServer((request, response) => {
  response.writeHead(request.url.includes("busy") ? 503 : 404, { "content-type": "application/json" })
  response.end("{\"error\":\"not found\"}")
}).listen(8961, "127.0.0.1")
JS
node registry.cjs & server=$!
sleep 1
npm_config_registry=http://127.0.0.1:8961/; npm_config_cache=/home/ci/project/.npm; npm_config_update_notifier=false
export npm_config_registry npm_config_cache npm_config_update_notifier
'

fails npm-404 --category dependency --root "The requested resource 'acme-left-padding@^1.0.0' could not be found" --root "npm error 404 Not Found - GET http://127.0.0.1:8961/acme-left-padding" --format github <<RUN
$registry
echo '{"name":"app","dependencies":{"acme-left-padding":"^1.0.0"}}' > package.json
step npm install
npm install --no-audit
code=\$?; kill \$server; exit \$code
RUN

fails npm-registry-503 --category network --category dependency --category infrastructure --root "503 Service Unavailable - GET http://127.0.0.1:8961/busy-package" --format gitlab <<RUN
$registry
echo '{"name":"app","dependencies":{"busy-package":"2"}}' > package.json
step npm install
npm install --no-audit --fetch-retry-mintimeout 200 --fetch-retry-maxtimeout 300
code=\$?; kill \$server; exit \$code
RUN

fails npm-eresolve --category dependency --root "npm error ERESOLVE unable to resolve dependency tree" --root "npm error Could not resolve dependency:" --root "npm error peer ui-kit@\"^1.0.0\" from ui-forms@2.0.0" --format jenkins <<'RUN'
mkdir ui-kit ui-forms app
echo '{"name":"ui-kit","version":"2.0.0"}' > ui-kit/package.json
echo '{"name":"ui-forms","version":"2.0.0","peerDependencies":{"ui-kit":"^1.0.0"}}' > ui-forms/package.json
(cd ui-kit && npm pack --silent > /dev/null); (cd ui-forms && npm pack --silent > /dev/null)
echo '{"name":"app","version":"1.0.0","dependencies":{"ui-kit":"file:../ui-kit/ui-kit-2.0.0.tgz","ui-forms":"file:../ui-forms/ui-forms-2.0.0.tgz"}}' > app/package.json
step npm install
cd app && npm install --offline --no-audit
RUN

fails npm-ci-lock --category dependency --category configuration --root "\`npm ci\` can only install packages when your package.json and package-lock.json" --root "npm error Missing: " --root "npm error Invalid: " --format buildkite <<'RUN'
mkdir tiny && echo '{"name":"tiny","version":"1.0.0"}' > tiny/package.json
echo '{"name":"app","version":"1.0.0","dependencies":{"tiny":"file:./tiny"}}' > package.json
quietly npm install --offline
mkdir other && echo '{"name":"other","version":"3.1.0"}' > other/package.json
echo '{"name":"app","version":"1.0.0","dependencies":{"tiny":"file:./other","other":"file:./other"}}' > package.json
step npm ci
npm ci --offline --no-audit
RUN

fails npm-missing-script --category configuration --root 'npm error Missing script: "build:prod"' --format azure <<'RUN'
echo '{"name":"app","scripts":{"build":"echo ok"}}' > package.json
step Build
npm run build
npm run build:prod
RUN

fails node-uncaught --category runtime --root "TypeError: Cannot read properties of undefined (reading 'items')" --root "order.js:2" --format compose <<'RUN'
printf "module.exports = function total(order) {\n  return order.cart.items.length\n}\n" > order.js
printf "const total = require('./order')\nconsole.log('listening on :3000')\nfor (let i = 0; i < 40; i++) console.log('GET /orders/' + i + ' 200', total({ cart: { items: [] } }))\nsetTimeout(() => total({}), 50)\n" > server.js
node server.js
RUN

fails node-rejection --category runtime --category network --root "Error: connect ECONNREFUSED 127.0.0.1:5998" --format journald <<'RUN'
cat > worker.js <<'JS'
const net = require('node:net')
console.log('worker 3 starting')
async function connect() {
  await new Promise((resolve, reject) => net.connect(5998, '127.0.0.1').on('connect', resolve).on('error', reject))
}
for (let i = 0; i < 30; i++) console.log('loaded plugin', i)
connect()
JS
node worker.js
RUN

fails node-module --category dependency --category runtime --root "Error: Cannot find module 'acme-logger'" --format docker-json <<'RUN'
printf "const log = require('acme-logger')\nlog.info('start')\n" > index.js
node index.js
RUN

fails node-heap --category resource --root "JavaScript heap out of memory" --exit any --format gitlab <<'RUN'
printf "const rows = []\nconsole.log('building the search index')\nfor (let i = 0; ; i++) {\n  rows.push({ i, text: 'row ' + i })\n  if (i %% 200000 === 0) console.log('indexed', i, 'rows')\n}\n" > index.js
step node index.js
node --max-old-space-size=60 index.js
RUN

fails node-port --category configuration --category network --category runtime --category resource --root "Error: listen EADDRINUSE: address already in use 127.0.0.1:8963" --format kubectl <<'RUN'
printf "const http = require('node:http')\nhttp.createServer().listen(8963, '127.0.0.1', () => {\n  console.log('first is listening')\n  http.createServer().listen(8963, '127.0.0.1')\n})\n" > server.js
node server.js
RUN

fails pino-json --category runtime --category configuration --root "JWT_PUBLIC_KEY must be a PEM block" --exit any --secret whsec_4tQ8vLm2Zx7Rk1Ns9Pw3Yb6 --secret hunter2-Lobster-88 --format plain <<'RUN'
cat > app.js <<'JS'
const pino = require('pino')
const log = pino({ base: { service: 'auth' }, timestamp: () => ',"time":"2026-03-04T09:12:01.000Z"' })
log.info('starting')
log.info({ url: 'redis://:hunter2-Lobster-88@cache:6379/0' }, 'cache configured')
for (let i = 0; i < 60; i++) log.info({ plugin: 'plugin-' + i, errors: 0 }, 'plugin loaded')
log.warn({ webhook_secret: 'whsec_4tQ8vLm2Zx7Rk1Ns9Pw3Yb6' }, 'webhook secret is older than 90 days')
log.fatal({ err: new Error('JWT_PUBLIC_KEY must be a PEM block, got 12 bytes') }, 'cannot start')
process.exitCode = 1
JS
node app.js
RUN

fails esbuild-resolve --category dependency --category compile --root 'Could not resolve "./components/Footer"' --format github <<'RUN'
mkdir -p src/components
printf "import { Header } from './components/Header'\nimport { Footer } from './components/Footer'\nconsole.log(Header, Footer)\n" > src/app.js
printf "export const Header = 1\n" > src/components/Header.js
step npm run bundle
esbuild src/app.js --bundle --outfile=out.js
RUN

fails webpack-module --category dependency --category compile --root "Module not found: Error: Can't resolve './theme.css'" --root "ERROR in ./src/index.js" --format jenkins <<'RUN'
mkdir src
printf "import './theme.css'\nimport { a } from './a'\nconsole.log(a)\n" > src/index.js
printf "export const a = 1\n" > src/a.js
step Bundle
webpack --mode production
RUN

fails rollup-parse --category compile --root "[!] RollupError: src/view.js (3:11): Expected ';', got 'ident'" --root "[cause] RollupError: Expected ';'" --root "src/view.js (3:11)" --format travis <<'RUN'
mkdir src
printf "import './view.js'\n" > src/main.js
printf "export function view() {\n  const x = 1\n  return x y\n}\n" > src/view.js
step rollup
rollup src/main.js --file out.js --format es
RUN

clean npm-install-warn --format github <<'RUN'
mkdir old && echo '{"name":"old","version":"1.0.0","engines":{"node":">=99"},"scripts":{"postinstall":"echo checking for errors: none found"}}' > old/package.json
echo '{"name":"app","version":"1.0.0","scripts":{"build":"echo 0 errors, 3 warnings"},"dependencies":{"old":"file:./old"}}' > package.json
step npm install
npm install --offline --no-audit
npm run build
RUN

clean webpack-size-warning --format azure <<'RUN'
mkdir src
node -e "console.log('export const errorTable = ' + JSON.stringify(Array.from({length: 60000}, (_, i) => 'error ' + i)))" > src/errors.js
printf "import { errorTable } from './errors'\nconsole.log(errorTable.join())\n" > src/index.js
step Bundle
webpack --mode production
RUN

clean node-server-clean --format docker-json <<'RUN'
cat > server.js <<'JS'
for (let i = 0; i < 700; i++) {
  console.log(`GET /errors/${i} 200 ${i % 31}ms`)
  if (i % 200 === 50) console.log('POST /login 401 invalid password for user 17')
  if (i % 300 === 90) console.log('upstream timeout, retrying (1/3)'), console.log('retry succeeded')
}
console.log('SIGTERM received, closing 4 connections')
console.log('closed without errors')
JS
node server.js
RUN
