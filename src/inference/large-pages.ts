// Pages of 2 MB for what malloc gets at once, the weights above all: the engine is 3 to 5 % faster with them
// (docs/decisions/0008). The process's C library reads this when it starts; before glibc 2.35, in musl and where the
// system has no such pages it changes nothing.

const name = 'GLIBC_TUNABLES'

/** `environment` for a process that runs an engine. What is set there already stays. */
export function withLargePages(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { [name]: 'glibc.malloc.hugetlb=1', ...environment }
}
