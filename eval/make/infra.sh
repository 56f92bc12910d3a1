#!/usr/bin/env bash
# git, nginx, PostgreSQL, Redis, Terraform, Ansible, kubectl, ssh, rsync, curl, timeouts, disks, permissions.
. "$(dirname "$0")/common.sh"

git_setup='export GIT_AUTHOR_NAME=ci GIT_AUTHOR_EMAIL=ci@example.org GIT_COMMITTER_NAME=ci GIT_COMMITTER_EMAIL=ci@example.org
git config --global init.defaultBranch main; git config --global advice.detachedHead false
'
fails git-merge-conflict --category configuration --category infrastructure --category unknown --root "CONFLICT (content): Merge conflict in config.yml" --format gitlab <<RUN
$git_setup
quietly git init .
for f in a b config; do echo "value: 1" > \$f.yml; done; git add . && quietly git commit -m base
git checkout -q -b feature && echo "value: 2" > config.yml && quietly git commit -am feature
git checkout -q main && echo "value: 3" > config.yml && quietly git commit -am main
step git merge feature
git merge feature
RUN

fails git-push-rejected --category infrastructure --category permission --category configuration --root "! [rejected]        HEAD -> main (fetch first)" --root "error: failed to push some refs to" --format github <<RUN
$git_setup
quietly git init --bare remote.git
quietly git clone remote.git one; quietly git clone remote.git two
(cd one && echo 1 > a && git add . && quietly git commit -m one && quietly git push origin HEAD:main)
cd two && echo 2 > b && git add . && quietly git commit -m two
step git push origin HEAD:main
git push origin HEAD:main
RUN

fails git-missing-ref --category infrastructure --category configuration --root "fatal: couldn't find remote ref refs/heads/release-9" --format jenkins <<RUN
$git_setup
quietly git init --bare remote.git
quietly git clone remote.git one
cd one && echo 1 > a && git add . && quietly git commit -m one && quietly git push origin HEAD:main
step Checkout
git fetch origin refs/heads/main
git fetch origin refs/heads/release-9
RUN

fails nginx-config --category configuration --root 'unknown directive "proxy_pas" in' --format compose <<'RUN'
printf 'events {}\nhttp {\n  server {\n    listen 8080;\n    location / {\n      proxy_pas http://app:3000;\n    }\n  }\n}\n' > nginx.conf
mkdir logs
echo "/docker-entrypoint.sh: Configuration complete; ready for start up"
nginx -p . -c nginx.conf -t
RUN

fails nginx-upstream --category configuration --category network --root 'host not found in upstream "app-blue.internal.invalid"' --format journald <<'RUN'
printf 'error_log stderr;\npid nginx.pid;\nevents {}\nhttp {\n  server {\n    listen 127.0.0.1:8971;\n    location / {\n      proxy_pass http://app-blue.internal.invalid:3000;\n    }\n  }\n}\n' > nginx.conf
mkdir logs
nginx -p . -c nginx.conf -g 'daemon off;'
RUN

pg='pgbin=$(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /usr/local/bin 2>/dev/null | while read d; do [ -x $d/initdb ] && echo $d && break; done)
chown 65534 . ; as() { setpriv --reuid=65534 --clear-groups "$@"; }
as $pgbin/initdb -D data -U app -A trust > init.log 2>&1
as $pgbin/pg_ctl -D data -o "-p 5981 -k $PWD -c listen_addresses=127.0.0.1" -l server.log -w start > /dev/null
'
fails psql-migration --category configuration --category runtime --root 'ERROR:  column "customer_id" of relation "orders" does not exist' --format gitlab <<RUN
$pg
for i in \$(seq 1 20); do printf 'CREATE TABLE errors_%d (id int primary key, failed boolean);\n' \$i > \$(printf 'V%03d.sql' \$i); done
echo 'CREATE TABLE orders (id int, customer text);' > V021.sql
echo 'ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;' > V022.sql
step ./migrate.sh
for f in V*.sql; do echo "Applying \$f"; psql -h 127.0.0.1 -p 5981 -U app -v ON_ERROR_STOP=1 -f \$f postgres || break; done
code=\$?; as \$pgbin/pg_ctl -D data -m immediate stop > /dev/null; exit 3
RUN

fails postgres-log --category runtime --category configuration --root 'ERROR:  duplicate key value violates unique constraint "users_email_key"' --root 'duplicate key value violates unique constraint "users_email_key"' --exit any <<RUN
$pg
q() { psql -h 127.0.0.1 -p 5981 -U app -q -c "\$1" postgres > /dev/null 2>&1; }
q 'CREATE TABLE users (email text unique);'; q "INSERT INTO users VALUES ('a@example.org')"; q 'CHECKPOINT'; q "INSERT INTO users VALUES ('a@example.org')"; q 'CHECKPOINT'
as \$pgbin/pg_ctl -D data -m fast stop > /dev/null; cat server.log
RUN

clean postgres-start-stop --format compose <<RUN
$pg
psql -h 127.0.0.1 -p 5981 -U app -q -c 'CREATE TABLE error_log (failed boolean)' postgres
as \$pgbin/pg_ctl -D data -m fast stop > /dev/null; cat init.log server.log
RUN

# Debian's redis-tools has the server under another name; it goes by the name that it is called with.
redis='redis_server() { exec -a redis-server "$(command -v redis-server || command -v redis-check-rdb)" "$@"; }
'
fails redis-config --category configuration --root "*** FATAL CONFIG FILE ERROR" --root "maxmemory-polcy allkeys-lru" --root "Bad directive or wrong number of arguments" --format compose <<RUN
$redis
printf 'port 8981\nmaxmemory 100mb\nmaxmemory-polcy allkeys-lru\n' > redis.conf
redis_server redis.conf
RUN

fails redis-port --category configuration --category network --category resource --root "Warning: Could not create server TCP listening socket 127.0.0.1:8982: bind: Address already in use" --root "Failed listening on port 8982" --format kubectl <<RUN
$redis
python3 -c 'import socket,time; s=socket.socket(); s.bind(("127.0.0.1",8982)); s.listen(); time.sleep(5)' & other=\$!
sleep 1
(redis_server --port 8982 --bind 127.0.0.1 --save '')
code=\$?; kill \$other; exit \$code
RUN

clean redis-clean --format journald <<RUN
$redis
redis_server --port 8983 --bind 127.0.0.1 --save '' --loglevel verbose --logfile '' > out 2>&1 & server=\$!
sleep 1
for i in \$(seq 1 60); do redis-cli -p 8983 set error:\$i failed > /dev/null; done
redis-cli -p 8983 shutdown nosave; wait \$server; cat out
RUN

fails terraform-validate --category configuration --root "Error: Reference to undeclared input variable" --root 'An input variable with the name "regon" has not been declared.' --root 'on main.tf line 4, in locals:' --format github <<'RUN'
printf 'variable "region" { default = "eu" }\n\nlocals {\n  zone = "${var.regon}-1"\n}\n\noutput "zone" { value = local.zone }\n' > main.tf
step terraform init
terraform init
step terraform plan
terraform plan -no-color -input=false
RUN

fails ansible-task --category runtime --category configuration --category test --root 'fatal: [localhost]: FAILED! =>' --format jenkins <<'RUN'
printf -- '- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    - name: check for errors\n      command: "true"\n    - name: may fail\n      command: "false"\n      register: probe\n      failed_when: false\n    - name: read the licence\n      command: cat /nonexistent/licence.key\n    - name: restart\n      command: "true"\n' > site.yml
step Deploy
ansible-playbook -i localhost, site.yml
RUN

fails kubectl-refused --category network --category configuration --category infrastructure --root "dial tcp 127.0.0.1:8991: connect: connection refused" --format gitlab <<'RUN'
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n' > a.yml
step kubectl apply -f a.yml
kubectl --server https://127.0.0.1:8991 --token t apply -f a.yml
RUN

fails curl-dns --category network --root "Could not resolve host: artifacts.internal.invalid" --format circleci <<'RUN'
step ./fetch-artifacts.sh
echo "Fetching 3 artifacts"
for try in 1 2; do echo "try $try"; curl -fsS https://artifacts.internal.invalid/app.tar.gz -o app.tar.gz; done
RUN

fails curl-404-tar --category network --category dependency --category configuration --root "curl: (22) The requested URL returned error: 404" --format buildkite <<'RUN'
python3 -m http.server 8992 --bind 127.0.0.1 > /dev/null 2>&1 & server=$!
sleep 1
step ./install-tool.sh
curl -fL --retry 0 http://127.0.0.1:8992/tool-v9.tar.gz -o tool.tar.gz
tar xzf tool.tar.gz
code=$?; kill $server; exit $code
RUN

fails ssh-refused --category network --category infrastructure --root "ssh: connect to host 127.0.0.1 port 8993: Connection refused" --format jenkins <<'RUN'
mkdir dist; for i in $(seq 1 20); do echo $i > dist/error-$i.html; done
step Deploy
ls dist
rsync -av -e 'ssh -p 8993 -o BatchMode=yes' dist/ deploy@127.0.0.1:/srv/www/
RUN

fails timeout-killed --category timeout --root "the smoke test did not finish within 3 s" --exit any --format gitlab <<'RUN'
printf 'echo "waiting for 3 replicas"\nfor i in $(seq 1 60); do echo "replica 2 of 3 ready"; sleep 0.2; done\n' > smoke.sh
step timeout 3 bash smoke.sh
timeout 3 bash smoke.sh || { code=$?; echo "the smoke test did not finish within 3 s"; kill -TERM $$; }
RUN

fails disk-full-build --category resource --root "No space left on device" --format azure <<'RUN'
mkdir small && mount -t tmpfs -o size=600k tmpfs small
for i in $(seq 1 30); do printf 'char table_%d[200000] = {1};\n' $i > t$i.c; done
step Build
for i in $(seq 1 30); do echo "cc -c t$i.c"; gcc -c -o small/t$i.o t$i.c || break; done
umount small; exit 1
RUN

fails permission-denied-exec --category permission --root "./deploy.sh: Permission denied" --format travis <<'RUN'
printf '#!/bin/sh\necho deployed\n' > deploy.sh; chmod 644 deploy.sh
step ./deploy.sh
echo "Deploying build 812 to staging"
bash -c './deploy.sh'
RUN

fails yamllint-config --category lint --category configuration --root "syntax error: mapping values are not allowed here (syntax)" --root "duplication of key" --format github <<'RUN'
printf -- '---\nservice: app\nimage: a\nimage: b\n' > a.yml
printf -- '---\nservice: app\n  port: 80\n' > b.yml
step yamllint .
yamllint .
RUN

clean git-clone-progress --format jenkins <<RUN
$git_setup
quietly git init source
(cd source && for i in \$(seq 1 40); do echo "fatal error \$i" > error_\$i.txt; done; git add .; quietly git commit -m "Fix fatal error in failure handler")
step Checkout
git clone --progress file:///home/ci/project/source copy
cd copy && git log --oneline && git checkout -b fix-crash && git merge main
RUN

clean nginx-access --format compose <<'RUN'
mkdir logs html; echo ok > html/index.html; chmod -R a+rX . 
printf 'user nobody nogroup;\nerror_log stderr notice;\npid nginx.pid;\nevents {}\nhttp { access_log access.log; server { listen 127.0.0.1:8994; root html; } }\n' > nginx.conf
nginx -p . -c nginx.conf -g 'daemon off;' > out 2>&1 & server=$!
sleep 1
for i in $(seq 1 120); do curl -s http://127.0.0.1:8994/ -o /dev/null; done
kill -QUIT $server; wait $server; cat out access.log
RUN
