// Operating systems: memory, disk, files, permissions, processes, package managers.

import { link, low, medium, type SeedCase } from './seed-case.ts'

const man = (page: string, section: number) =>
  link(`${page}(${section})`, `https://man7.org/linux/man-pages/man${section}/${page}.${section}.html`)

export const systemCases: SeedCase[] = [
  {
    id: 'disk-full',
    category: 'resource',
    title: 'The disk is full',
    text: 'No space left on device\nENOSPC: no space left on device, write\nOSError: [Errno 28] No space left on device\nThere is not enough space on the disk',
    sample: 'tar: build/app.tar: Cannot write: No space left on device',
    cause: 'The file system has no free blocks, or no free inodes.',
    fixes: [
      low('See which file system is full, in bytes and in inodes.', 'df -h; df -i'),
      low('Find what takes the space.', 'du -xh --max-depth=2 / | sort -h | tail'),
    ],
    links: [man('df', 1)],
    tags: ['disk', 'enospc', 'inode'],
  },
  {
    id: 'inotify-watches',
    category: 'resource',
    title: 'The limit of watched files is reached',
    text: 'ENOSPC: System limit for number of file watchers reached, watch\ninotify_add_watch failed: No space left on device\nUser limit of inotify watches reached',
    sample: "Error: ENOSPC: System limit for number of file watchers reached, watch '/app/src'",
    cause: 'fs.inotify.max_user_watches is lower than the number of files that are watched.',
    fixes: [
      medium('Raise the limit.', 'sudo sysctl fs.inotify.max_user_watches=524288'),
      low('Exclude folders such as node_modules from watching.'),
    ],
    links: [man('inotify', 7)],
    tags: ['linux', 'inotify', 'node'],
  },
  {
    id: 'oom-killer',
    category: 'resource',
    title: 'Linux killed a process because memory ran out',
    text: 'Out of memory: Killed process total-vm anon-rss\noom-kill:constraint=CONSTRAINT_MEMCG\ninvoked oom-killer: gfp_mask\nMemory cgroup out of memory: Killed process',
    sample:
      '[12345.678] Out of memory: Killed process 4242 (java) total-vm:8123456kB, anon-rss:6123456kB, file-rss:0kB',
    cause: 'All memory of the machine, or of the control group of a container, was used.',
    fixes: [
      low('See what used the memory.', 'journalctl -k | grep -i oom'),
      low('Give it more memory, or bound heaps and the number of workers.'),
    ],
    links: [link('Memory resource controller', 'https://docs.kernel.org/admin-guide/cgroup-v2.html')],
    tags: ['linux', 'memory', 'oom'],
  },
  {
    id: 'too-many-open-files',
    category: 'resource',
    title: 'A process has too many open files',
    text: 'Too many open files\nEMFILE: too many open files, open\naccept: too many open files\nOSError: [Errno 24] Too many open files',
    sample: "Error: EMFILE: too many open files, open '/app/data/17.json'",
    cause: 'Files or sockets are not closed, or the limit of the process is low for what it does.',
    fixes: [
      low('Count what is open.', 'ls /proc/PID/fd | wc -l'),
      low('Close what leaks; raise the limit (ulimit -n, LimitNOFILE) if the number is honest.'),
    ],
    links: [man('getrlimit', 2)],
    tags: ['linux', 'emfile', 'ulimit'],
  },
  {
    id: 'permission-denied-exec',
    category: 'permission',
    title: 'A script is not executable',
    text: 'sh: Permission denied exit code 126\n/bin/sh: Permission denied\nbash: Permission denied\ngradlew: Permission denied',
    sample: '/bin/sh: 1: ./scripts/deploy.sh: Permission denied',
    cause:
      'The file lacks its executable bit, which is easily lost on Windows or in archives, or its file system is mounted noexec.',
    fixes: [low('Set the bit and record it in git.', 'git update-index --chmod=+x FILE')],
    links: [man('chmod', 1)],
    tags: ['permission', 'shell', 'script'],
  },
  {
    id: 'command-not-found',
    category: 'dependency',
    title: 'A program is not installed or not on the PATH',
    text: 'command not found\nsh: not found\nexec: not found\nis not recognized as an internal or external command',
    sample: 'bash: line 12: jq: command not found',
    cause: 'The program is not installed on this machine or image, or its folder is not in PATH.',
    fixes: [
      low(
        'See where the shell looks, and install the program in the image or step.',
        'command -v PROGRAM; echo "$PATH"',
      ),
    ],
    links: [
      link(
        'Bash: command search',
        'https://www.gnu.org/software/bash/manual/html_node/Command-Search-and-Execution.html',
      ),
    ],
    tags: ['shell', 'path'],
  },
  {
    id: 'windows-line-ends',
    category: 'configuration',
    title: 'A script has Windows line ends',
    text: "/usr/bin/env: 'bash\\r': No such file or directory\n/bin/bash^M: bad interpreter: No such file or directory\n$'\\r': command not found",
    sample: '/usr/bin/env: ‘bash\\r’: No such file or directory',
    cause:
      "The file was saved or checked out with CRLF, and the carriage return became part of the interpreter's name.",
    fixes: [low('Convert it, and set eol=lf for it in .gitattributes.', "sed -i 's/\\r$//' FILE")],
    links: [link('gitattributes', 'https://git-scm.com/docs/gitattributes')],
    tags: ['shell', 'crlf', 'windows'],
  },
  {
    id: 'shell-unbound-variable',
    category: 'configuration',
    title: 'A script uses a variable that is not set',
    text: 'unbound variable\nparameter not set\nparameter null or not set',
    sample: './deploy.sh: line 8: AWS_REGION: unbound variable',
    cause: 'The script runs with set -u, and the variable is missing in this environment.',
    fixes: [low('Set it in the job or service, or give it a default where it is used.')],
    links: [
      link(
        'Shell parameter expansion',
        'https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html',
      ),
    ],
    tags: ['shell', 'environment'],
  },
  {
    id: 'apt-unable-to-locate',
    category: 'dependency',
    title: 'apt does not know a package',
    text: 'E: Unable to locate package\nE: Package has no installation candidate',
    sample: 'E: Unable to locate package libssl1.1',
    cause: 'The package lists were not fetched, or this release of the distribution has no such package.',
    fixes: [
      low('Fetch the lists in the same step, then look for the name.', 'apt-get update && apt-cache search NAME'),
    ],
    links: [link('apt-get(8)', 'https://manpages.debian.org/stable/apt/apt-get.8.en.html')],
    tags: ['apt', 'debian', 'ubuntu'],
  },
  {
    id: 'apt-lock',
    category: 'infrastructure',
    title: 'Another process uses apt',
    text: 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?',
    sample: 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1234 (unattended-upgr)',
    cause: 'An automatic upgrade or another installation is running.',
    fixes: [low('Wait for the lock.', 'apt-get -o DPkg::Lock::Timeout=300 install PACKAGE')],
    links: [link('apt-get(8)', 'https://manpages.debian.org/stable/apt/apt-get.8.en.html')],
    tags: ['apt', 'dpkg', 'lock'],
  },
  {
    id: 'apt-signature',
    category: 'configuration',
    title: 'apt does not trust the key of a repository',
    text: "The following signatures couldn't be verified because the public key is not available: NO_PUBKEY\nE: The repository is not signed",
    sample:
      "W: GPG error: https://repo.example stable InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 23E7166788B63E1E",
    cause: "The repository's key is not installed or has been replaced.",
    fixes: [low('Install the current key from the vendor into /etc/apt/keyrings and name it by Signed-By.')],
    links: [link('apt-secure(8)', 'https://manpages.debian.org/stable/apt/apt-secure.8.en.html')],
    tags: ['apt', 'gpg'],
  },
  {
    id: 'apt-release-file',
    category: 'infrastructure',
    title: 'A package repository of an old release is gone',
    text: 'does not have a Release file\nE: The repository does no longer have a Release file\nFailed to fetch 404 Not Found [IP:',
    sample: "E: The repository 'http://deb.debian.org/debian buster Release' does not have a Release file.",
    cause: 'The release is out of support and was moved to the archive, or package lists are out of date.',
    fixes: [low('Move to a supported release; for 404 on single packages fetch the lists again.', 'apt-get update')],
    links: [link('Debian releases', 'https://www.debian.org/releases/')],
    tags: ['apt', 'debian', 'eol'],
  },
  {
    id: 'systemd-start-failed',
    category: 'runtime',
    title: 'A systemd service failed',
    text: "Main process exited, code=exited, status=1/FAILURE\nFailed with result 'exit-code'\nJob for service failed because the control process exited with error code\nStart request repeated too quickly",
    sample: 'systemd[1]: api.service: Main process exited, code=exited, status=1/FAILURE',
    cause: 'The program ended by itself; its own messages stand in the journal.',
    fixes: [low('Read the journal of the unit.', 'journalctl -u UNIT -e')],
    links: [man('systemd.service', 5)],
    tags: ['systemd', 'linux'],
  },
  {
    id: 'read-only-file-system',
    category: 'permission',
    title: 'The file system is read-only',
    text: 'Read-only file system\nEROFS: read-only file system, open\nOSError: [Errno 30] Read-only file system',
    sample: "Error: EROFS: read-only file system, open '/app/cache/index.json'",
    cause: 'The volume or root file system is mounted read-only on purpose, or the kernel did so after a disk error.',
    fixes: [
      low('Write to a mounted volume or a temporary folder; look for disk errors.', 'dmesg | tail; findmnt PATH'),
    ],
    links: [man('mount', 8)],
    tags: ['disk', 'container', 'erofs'],
  },
]
