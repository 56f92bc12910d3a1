// Images, containers, registries and compose.

import { link, low, medium, type SeedCase } from './seed-case.ts'

const dockerfile = link('Dockerfile reference', 'https://docs.docker.com/reference/dockerfile/')

export const containerCases: SeedCase[] = [
  {
    id: 'docker-daemon-unreachable',
    category: 'container',
    title: 'The Docker engine cannot be reached',
    text: 'Cannot connect to the Docker daemon at. Is the docker daemon running?\nerror during connect: This error may indicate that the docker daemon is not running',
    sample: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    cause: 'The engine does not run, or DOCKER_HOST points elsewhere; in CI, the service or socket is not configured.',
    fixes: [
      low('See whether the engine runs and which address is used.', 'docker context ls'),
      low('Start it.', 'sudo systemctl start docker'),
    ],
    links: [link('Troubleshooting the Docker daemon', 'https://docs.docker.com/engine/daemon/troubleshoot/')],
    tags: ['docker', 'daemon'],
  },
  {
    id: 'docker-socket-permission',
    category: 'permission',
    title: 'The user may not use the Docker socket',
    text: 'permission denied while trying to connect to the Docker daemon socket at\nGot permission denied while trying to connect to the Docker daemon socket',
    sample: 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    cause: 'The user is not in the group docker, or has not logged in again since.',
    fixes: [medium('Add the user to the group (it then has the rights of root).', 'sudo usermod -aG docker "$USER"')],
    links: [link('Post-installation steps', 'https://docs.docker.com/engine/install/linux-postinstall/')],
    tags: ['docker', 'permission'],
  },
  {
    id: 'docker-image-not-found',
    category: 'container',
    title: 'An image or tag does not exist, or needs a login',
    text: 'pull access denied for, repository does not exist or may require docker login: denied: requested access to the resource is denied\nmanifest unknown: manifest unknown\nmanifest for not found: manifest unknown',
    sample:
      "Error response from daemon: pull access denied for acme/api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    cause: 'Name or tag is misspelt, was removed, or the repository is private and nobody is logged in.',
    fixes: [
      low('Check the name and tag.', 'docker manifest inspect IMAGE:TAG'),
      low('Log in to the registry.', 'docker login REGISTRY'),
    ],
    links: [link('docker login', 'https://docs.docker.com/reference/cli/docker/login/')],
    tags: ['docker', 'registry', 'image'],
  },
  {
    id: 'docker-rate-limit',
    category: 'network',
    title: 'Docker Hub limits the pulls of this address',
    text: 'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading\ntoomanyrequests: You have reached your unauthenticated pull rate limit',
    sample:
      'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    cause: 'Too many pulls from this address or account; shared CI runners share the address.',
    fixes: [
      low('Log in before pulling.', 'docker login'),
      low('Use a mirror or copy of the images in your own registry.'),
    ],
    links: [link('Docker Hub usage and limits', 'https://docs.docker.com/docker-hub/usage/')],
    tags: ['docker', 'hub', 'rate'],
  },
  {
    id: 'docker-copy-not-found',
    category: 'configuration',
    title: 'A file that a Dockerfile copies is not in the build context',
    text: 'failed to calculate checksum of ref: not found\nfailed to compute cache key: failed to calculate checksum of ref\nCOPY failed: file not found in build context or excluded by .dockerignore',
    sample:
      'ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref 8xk2::p1: "/package-lock.json": not found',
    cause:
      'The path is wrong relative to the context, the file was not built or checked out, or .dockerignore excludes it.',
    fixes: [
      low(
        'Look at the context folder and .dockerignore; paths in COPY are relative to the context.',
        'docker build -f PATH/Dockerfile .',
      ),
    ],
    links: [link('Build context', 'https://docs.docker.com/build/concepts/context/')],
    tags: ['docker', 'dockerfile', 'copy'],
  },
  {
    id: 'docker-run-failed',
    category: 'container',
    title: 'A command of a Dockerfile failed',
    text: 'executor failed running: exit code\nprocess did not complete successfully: exit code\nThe command returned a non-zero code',
    sample: 'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
    cause: 'The command ended with an error; its own output stands above.',
    fixes: [low('Read the output above; show it in full.', 'docker build --progress=plain .')],
    links: [dockerfile],
    tags: ['docker', 'dockerfile', 'buildkit'],
  },
  {
    id: 'docker-exec-format',
    category: 'container',
    title: 'The program is for another processor',
    text: 'exec format error\nexec user process caused: exec format error\nThe requested image platform (linux/arm64) does not match the detected host platform',
    sample: 'exec /usr/local/bin/docker-entrypoint.sh: exec format error',
    cause: 'The image was built for another architecture (arm64, amd64), or a script lacks its #! line.',
    fixes: [low('Build for the platform that runs it.', 'docker build --platform linux/amd64 .')],
    links: [link('Multi-platform builds', 'https://docs.docker.com/build/building/multi-platform/')],
    tags: ['docker', 'architecture', 'arm64'],
  },
  {
    id: 'docker-executable-missing',
    category: 'container',
    title: 'The start command is not in the image',
    text: 'OCI runtime create failed: runc create failed: unable to start container process: exec: executable file not found in $PATH\nexec: stat: no such file or directory',
    sample:
      'docker: Error response from daemon: failed to create task: OCI runtime create failed: runc create failed: unable to start container process: exec: "bash": executable file not found in $PATH: unknown',
    cause:
      'CMD or ENTRYPOINT names a program that the image lacks (slim images have no bash), or a script with Windows line ends.',
    fixes: [
      low(
        'Use sh, install the program, or correct the path; look into the image.',
        'docker run --rm --entrypoint sh IMAGE -c "ls -l"',
      ),
    ],
    links: [dockerfile],
    tags: ['docker', 'entrypoint'],
  },
  {
    id: 'docker-port-allocated',
    category: 'resource',
    title: 'A port of the host is taken',
    text: 'Bind for failed: port is already allocated\ndriver failed programming external connectivity on endpoint\nports are not available: exposing port TCP',
    sample:
      'Error response from daemon: driver failed programming external connectivity on endpoint web: Bind for 0.0.0.0:8080 failed: port is already allocated',
    cause: 'Another container or program listens on that port of the host.',
    fixes: [
      low('See who has it, and stop that or publish another port.', 'docker ps --format "{{.Names}} {{.Ports}}"'),
    ],
    links: [link('Publishing ports', 'https://docs.docker.com/engine/network/port-publishing/')],
    tags: ['docker', 'port'],
  },
  {
    id: 'docker-name-in-use',
    category: 'container',
    title: 'A container of that name exists',
    text: 'Conflict. The container name is already in use by container. You have to remove (or rename) that container to be able to reuse that name',
    sample:
      'docker: Error response from daemon: Conflict. The container name "/db" is already in use by container "3f2a". You have to remove (or rename) that container to be able to reuse that name.',
    cause: 'An earlier run left its container behind.',
    fixes: [
      medium('Remove the old one.', 'docker rm NAME'),
      low('Let containers of one run remove themselves.', 'docker run --rm IMAGE'),
    ],
    links: [link('docker run', 'https://docs.docker.com/reference/cli/docker/container/run/')],
    tags: ['docker', 'container'],
  },
  {
    id: 'docker-no-space',
    category: 'resource',
    title: 'The disk of the Docker engine is full',
    text: 'failed to register layer: write: no space left on device\nfailed to solve: failed to copy files: no space left on device\nError processing tar file: no space left on device',
    sample:
      'failed to register layer: Error processing tar file(exit status 1): write /usr/lib/libLLVM.so: no space left on device',
    cause: 'Images, build cache, volumes or logs of containers fill the disk.',
    fixes: [
      low('See what takes the space.', 'docker system df'),
      medium('Remove build cache and unused images.', 'docker system prune'),
    ],
    links: [link('docker system prune', 'https://docs.docker.com/reference/cli/docker/system/prune/')],
    tags: ['docker', 'disk'],
  },
  {
    id: 'compose-unhealthy',
    category: 'container',
    title: 'A container that others wait for is not healthy',
    text: 'dependency failed to start: container is unhealthy\nContainer Error dependency failed to start\ndependency failed to start: container exited',
    sample: 'dependency failed to start: container app-db-1 is unhealthy',
    cause: 'The health check of the dependency failed or ran out of retries, or the container ended.',
    fixes: [
      low(
        'Read its log and the output of its health check.',
        'docker inspect --format "{{json .State.Health}}" CONTAINER',
      ),
      low('Give it more time: start_period, retries.'),
    ],
    links: [link('Compose startup order', 'https://docs.docker.com/compose/how-tos/startup-order/')],
    tags: ['docker', 'compose', 'healthcheck'],
  },
  {
    id: 'compose-invalid',
    category: 'configuration',
    title: 'A compose file is not valid',
    text: 'services Additional property is not allowed\nyaml: line: did not find expected key\nyaml: line: mapping values are not allowed in this context\nvalidating docker-compose.yml',
    sample: 'validating /app/docker-compose.yml: services.web Additional property port is not allowed',
    cause: 'A key is misspelt or indented wrongly.',
    fixes: [low('Let compose show what it understands.', 'docker compose config')],
    links: [link('Compose file reference', 'https://docs.docker.com/reference/compose-file/')],
    tags: ['docker', 'compose', 'yaml'],
  },
  {
    id: 'registry-unauthorized',
    category: 'permission',
    title: 'A registry refuses the push or pull',
    text: 'unauthorized: authentication required\ndenied: permission_denied: write_package\nfailed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized\nno basic auth credentials',
    sample: 'denied: permission_denied: write_package',
    cause: 'No login, an expired token, or one without the right to this repository.',
    fixes: [low('Log in with a token that may read or write packages.', 'docker login REGISTRY')],
    links: [link('docker login', 'https://docs.docker.com/reference/cli/docker/login/')],
    tags: ['docker', 'registry', 'token'],
  },
]
