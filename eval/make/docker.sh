#!/usr/bin/env bash
# docker build, docker run, compose. Needs a Docker engine; no image is pulled: the base is made of busybox.
. "$(dirname "$0")/common.sh"

base='mkdir -p root/bin && cp "$(command -v busybox)" root/bin/busybox && for t in sh cat ls echo sleep false test mkdir; do ln -sf busybox root/bin/$t; done
tar -C root -c . | docker import - eval-base:1 > /dev/null
export DOCKER_BUILDKIT=0
'
fails docker-run-step --category container --category configuration --category runtime --root "cat: can't open '/etc/app/licence.key': No such file or directory" --format github <<RUN
$base
mkdir app; echo 'echo hello' > app/run.sh
printf 'FROM eval-base:1\nCOPY app /app\nRUN mkdir -p /var/log && echo "0 errors"\nRUN cat /etc/app/licence.key\nCMD ["sh", "/app/run.sh"]\n' > Dockerfile
step docker build .
docker build .
RUN

fails docker-copy-missing --category container --category configuration --root "COPY failed: file not found in build context or excluded by .dockerignore: stat dist/server.js" --format gitlab <<RUN
$base
printf 'FROM eval-base:1\nCOPY dist/server.js /app/\n' > Dockerfile
step docker build .
docker build .
RUN

fails dockerfile-parse --category container --category configuration --root "unknown instruction: RUNN" --format jenkins <<RUN
$base
printf 'FROM eval-base:1\nRUNN echo hi\n' > Dockerfile
step Image
docker build .
RUN

fails docker-no-command --category container --category configuration --category runtime --root 'exec: "node": executable file not found in $PATH' --format travis <<RUN
$base
step docker run
docker run --rm --network none eval-base:1 node server.js
RUN

clean docker-build-clean --format azure <<RUN
$base
printf 'FROM eval-base:1\nRUN echo "checking for errors" && test ! -e /failed\nRUN echo "warning: no error page configured"\nCMD ["sh"]\n' > Dockerfile
step Image
docker build .
RUN
