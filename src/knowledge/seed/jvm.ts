// Java, Kotlin and Scala: the virtual machine, Maven, Gradle and their test runners.

import { link, low, medium, type SeedCase } from './seed-case.ts'

export const jvmCases: SeedCase[] = [
  {
    id: 'java-heap-space',
    category: 'resource',
    title: 'The Java heap is full',
    text: 'java.lang.OutOfMemoryError: Java heap space\njava.lang.OutOfMemoryError: GC overhead limit exceeded',
    sample: 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
    cause: 'The program holds more than the maximum heap: a leak, too much data at once, or a limit that is too low.',
    fixes: [
      low(
        'Write a heap dump at the next failure and look at what fills it.',
        'java -XX:+HeapDumpOnOutOfMemoryError -jar app.jar',
      ),
      low('Raise the heap, below the memory of the machine or container.', 'java -Xmx2g -jar app.jar'),
    ],
    links: [
      link(
        'Troubleshoot memory leaks',
        'https://docs.oracle.com/en/java/javase/21/troubleshoot/troubleshooting-memory-leaks.html',
      ),
    ],
    tags: ['java', 'memory', 'heap'],
  },
  {
    id: 'java-metaspace',
    category: 'resource',
    title: 'The metaspace of the JVM is full',
    text: 'java.lang.OutOfMemoryError: Metaspace',
    sample: 'java.lang.OutOfMemoryError: Metaspace',
    cause:
      'More classes are loaded than fit: many plugins, generated classes, or class loaders that are never released.',
    fixes: [low('Raise the limit of the process or the Gradle daemon.', 'java -XX:MaxMetaspaceSize=512m -jar app.jar')],
    links: [
      link(
        'Troubleshoot memory leaks',
        'https://docs.oracle.com/en/java/javase/21/troubleshoot/troubleshooting-memory-leaks.html',
      ),
    ],
    tags: ['java', 'memory', 'metaspace'],
  },
  {
    id: 'java-native-thread',
    category: 'resource',
    title: 'The JVM cannot create more threads',
    text: 'java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
    sample:
      'java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
    cause: 'The limit of processes of the user or the container is reached, or memory for stacks is short.',
    fixes: [
      low('See the limits and count the threads.', 'ulimit -u; ps -eLf | wc -l'),
      low('Bound the thread pools of the program.'),
    ],
    links: [link('Troubleshooting the JVM', 'https://docs.oracle.com/en/java/javase/21/troubleshoot/')],
    tags: ['java', 'threads', 'limits'],
  },
  {
    id: 'java-class-version',
    category: 'configuration',
    title: 'Classes were compiled for a newer Java',
    text: 'java.lang.UnsupportedClassVersionError: has been compiled by a more recent version of the Java Runtime (class file version), this version of the Java Runtime only recognizes class file versions up to\nclass file has wrong version, should be',
    sample:
      'Exception in thread "main" java.lang.UnsupportedClassVersionError: com/acme/App has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0',
    cause:
      'The program runs on an older Java than it, or a dependency, was compiled for (52 is Java 8, 61 is 17, 65 is 21).',
    fixes: [
      low('Run with that Java version or a later one.', 'java -version'),
      low('Or compile for the older one: --release of javac, maven.compiler.release, a Gradle toolchain.'),
    ],
    links: [link('javac --release', 'https://docs.oracle.com/en/java/javase/21/docs/specs/man/javac.html')],
    tags: ['java', 'version'],
  },
  {
    id: 'java-invalid-release',
    category: 'configuration',
    title: 'The JDK does not know the target release',
    text: 'error: release version not supported\nFatal error compiling: error: invalid target release\nerror: invalid source release',
    sample: '[ERROR] Fatal error compiling: error: invalid target release: 21',
    cause: 'The build asks for a newer Java than the JDK that compiles, often because JAVA_HOME points to an old one.',
    fixes: [low('See which JDK the build uses, and point JAVA_HOME to one that is new enough.', 'mvn -version')],
    links: [
      link(
        'Maven compiler: release',
        'https://maven.apache.org/plugins/maven-compiler-plugin/examples/set-compiler-release.html',
      ),
    ],
    tags: ['java', 'maven', 'jdk'],
  },
  {
    id: 'javac-cannot-find-symbol',
    category: 'compile',
    title: 'javac does not know a name',
    text: 'error: cannot find symbol\ncannot find symbol symbol: class location',
    sample: 'src/main/java/App.java:12: error: cannot find symbol',
    cause: 'A class, method or variable is misspelt, not imported, or not in a dependency of this module and version.',
    fixes: [low('Read the symbol and location lines below; add the import or dependency, or correct the name.')],
    links: [link('javac', 'https://docs.oracle.com/en/java/javase/21/docs/specs/man/javac.html')],
    tags: ['java', 'javac'],
  },
  {
    id: 'javac-package-missing',
    category: 'dependency',
    title: 'javac does not find a package',
    text: 'error: package does not exist',
    sample: 'src/main/java/App.java:3: error: package org.apache.commons.lang3 does not exist',
    cause: 'The library is not a dependency of this module, has the wrong scope, or moved (javax to jakarta).',
    fixes: [low('Add the dependency; see what the module has.', 'mvn dependency:tree')],
    links: [
      link(
        'Maven dependency mechanism',
        'https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html',
      ),
    ],
    tags: ['java', 'javac', 'import'],
  },
  {
    id: 'java-class-not-found',
    category: 'dependency',
    title: 'A class is missing at run time',
    text: 'java.lang.ClassNotFoundException\njava.lang.NoClassDefFoundError\nError: Could not find or load main class',
    sample: 'Caused by: java.lang.ClassNotFoundException: org.postgresql.Driver',
    cause: 'The library was there when compiling and is not on the class path of the running program.',
    fixes: [low('Put it on the class path, or into the packaged archive; see what is there.', 'jar tf app.jar')],
    links: [
      link(
        'ClassNotFoundException',
        'https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/ClassNotFoundException.html',
      ),
    ],
    tags: ['java', 'classpath'],
  },
  {
    id: 'java-no-such-method',
    category: 'dependency',
    title: 'Another version of a library is loaded than was compiled against',
    text: 'java.lang.NoSuchMethodError\njava.lang.AbstractMethodError\njava.lang.IncompatibleClassChangeError',
    sample:
      "Caused by: java.lang.NoSuchMethodError: 'com.google.common.collect.ImmutableList com.google.common.collect.ImmutableList.toImmutableList()'",
    cause: 'Two versions of a library are on the class path, and the older one wins.',
    fixes: [low('See who brings which version, and settle on one.', 'mvn dependency:tree -Dverbose')],
    links: [
      link(
        'Dependency mediation',
        'https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html#transitive-dependencies',
      ),
    ],
    tags: ['java', 'classpath', 'version'],
  },
  {
    id: 'maven-unresolved-dependency',
    category: 'dependency',
    title: 'Maven cannot get a dependency',
    text: 'Could not resolve dependencies for project\nFailed to collect dependencies at\nCould not find artifact in central',
    sample:
      '[ERROR] Failed to execute goal on project app: Could not resolve dependencies for project com.acme:app:jar:1.0: Could not find artifact com.acme:lib:jar:2.0 in central (https://repo.maven.apache.org/maven2)',
    cause:
      'The coordinates are wrong, the artifact is in a repository that is not configured or needs credentials, or was not built yet.',
    fixes: [
      low('Check coordinates and repository; build sibling modules first.', 'mvn -U -pl MODULE -am verify'),
      low('Credentials for a private repository go into settings.xml.'),
    ],
    links: [link('Maven settings', 'https://maven.apache.org/settings.html')],
    tags: ['java', 'maven', 'repository'],
  },
  {
    id: 'maven-transfer-failed',
    category: 'network',
    title: 'Maven could not download from a repository',
    text: 'Could not transfer artifact from/to central: transfer failed for\nConnect to repo.maven.apache.org failed',
    sample:
      '[ERROR] Could not transfer artifact org.slf4j:slf4j-api:pom:2.0.9 from/to central (https://repo.maven.apache.org/maven2): transfer failed for https://repo.maven.apache.org/maven2/org/slf4j/slf4j-api/2.0.9/slf4j-api-2.0.9.pom',
    cause: 'The repository is not reachable from here: network, proxy, or a certificate that Java does not trust.',
    fixes: [low('Configure the proxy or a mirror in settings.xml, then force a new try.', 'mvn -U verify')],
    links: [link('Maven proxies', 'https://maven.apache.org/guides/mini/guide-proxies.html')],
    tags: ['java', 'maven', 'network', 'proxy'],
  },
  {
    id: 'maven-surefire-failures',
    category: 'test',
    title: 'Tests failed in a Maven build',
    text: 'There are test failures. Please refer to surefire-reports for the individual test results\nFailed to execute goal org.apache.maven.plugins:maven-surefire-plugin',
    sample:
      '[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.2.5:test (default-test) on project app: There are test failures.',
    cause: 'At least one test failed; which one stands further up and in target/surefire-reports.',
    fixes: [low('Run that test alone.', 'mvn -Dtest=CLASS#METHOD test')],
    links: [
      link(
        'Surefire: single test',
        'https://maven.apache.org/surefire/maven-surefire-plugin/examples/single-test.html',
      ),
    ],
    tags: ['java', 'maven', 'test', 'junit'],
  },
  {
    id: 'maven-forked-vm-crashed',
    category: 'runtime',
    title: 'The JVM that ran the tests ended',
    text: 'The forked VM terminated without properly saying goodbye. VM crash or System.exit called?\nThe forked VM terminated without saying properly goodbye',
    sample: '[ERROR] The forked VM terminated without properly saying goodbye. VM crash or System.exit called?',
    cause: 'A test called System.exit, the JVM crashed, or the system killed it for memory.',
    fixes: [
      low('Look for hs_err_pid files and for the OOM killer; give the forked JVM less or more memory by argLine.'),
    ],
    links: [
      link(
        'Surefire: shutdown of forked JVM',
        'https://maven.apache.org/surefire/maven-surefire-plugin/examples/shutdown.html',
      ),
    ],
    tags: ['java', 'maven', 'surefire', 'crash'],
  },
  {
    id: 'gradle-could-not-resolve',
    category: 'dependency',
    title: 'Gradle cannot get a dependency',
    text: 'Could not resolve all files for configuration\nCould not resolve all dependencies for configuration\nCould not find Searched in the following locations',
    sample: "> Could not resolve all files for configuration ':app:debugCompileClasspath'.",
    cause: 'No configured repository has the artifact in that version, or one could not be reached.',
    fixes: [
      low(
        'Check coordinates and the repositories block; refresh what was cached as missing.',
        './gradlew build --refresh-dependencies',
      ),
    ],
    links: [link('Declaring repositories', 'https://docs.gradle.org/current/userguide/declaring_repositories.html')],
    tags: ['gradle', 'java', 'android'],
  },
  {
    id: 'gradle-daemon-disappeared',
    category: 'resource',
    title: 'The Gradle daemon disappeared',
    text: 'Gradle build daemon disappeared unexpectedly (it may have been killed or may have crashed)',
    sample: 'Gradle build daemon disappeared unexpectedly (it may have been killed or may have crashed)',
    cause:
      'The daemon was killed, usually for memory: its heap and those of the workers exceed the machine or container.',
    fixes: [
      low(
        'Lower org.gradle.jvmargs and the number of workers in gradle.properties.',
        './gradlew build --max-workers=2',
      ),
    ],
    links: [link('Gradle daemon', 'https://docs.gradle.org/current/userguide/gradle_daemon.html')],
    tags: ['gradle', 'memory', 'daemon'],
  },
  {
    id: 'gradle-java-incompatible',
    category: 'configuration',
    title: 'Gradle does not support this Java version',
    text: 'Unsupported class file major version\nYour build is currently configured to use Java and Gradle\nGradle requires JVM or later to run. Your build is currently configured to use JVM',
    sample: '> Unsupported class file major version 65',
    cause: 'The Gradle version is older than the Java it runs on, or needs a newer one.',
    fixes: [
      low('Raise the wrapper to a version that supports this Java.', './gradlew wrapper --gradle-version VERSION'),
    ],
    links: [link('Compatibility matrix', 'https://docs.gradle.org/current/userguide/compatibility.html')],
    tags: ['gradle', 'java', 'version'],
  },
  {
    id: 'kotlin-unresolved-reference',
    category: 'compile',
    title: 'Kotlin does not know a name',
    text: 'error: unresolved reference\ne: Unresolved reference',
    sample: "e: file:///app/src/main/kotlin/App.kt:7:9 Unresolved reference 'jsonObject'.",
    cause: 'The name is misspelt, not imported, or not in a dependency of this source set.',
    fixes: [low('Add the import or dependency, or correct the name.')],
    links: [link('Kotlin packages and imports', 'https://kotlinlang.org/docs/packages.html')],
    tags: ['kotlin', 'compile'],
  },
  {
    id: 'spring-bean-missing',
    category: 'configuration',
    title: 'Spring has no bean of the required type',
    text: 'required a bean of type that could not be found\norg.springframework.beans.factory.NoSuchBeanDefinitionException: No qualifying bean of type available\norg.springframework.beans.factory.UnsatisfiedDependencyException: Error creating bean with name',
    sample:
      "Parameter 0 of constructor in com.acme.OrderService required a bean of type 'com.acme.OrderRepository' that could not be found.",
    cause:
      'The class is no component, lies outside the scanned packages, or its configuration is not active in this profile.',
    fixes: [low('Annotate it or declare a @Bean; check the packages that are scanned and the active profile.')],
    links: [
      link(
        'Spring: classpath scanning',
        'https://docs.spring.io/spring-framework/reference/core/beans/classpath-scanning.html',
      ),
    ],
    tags: ['java', 'spring'],
  },
  {
    id: 'java-null-pointer',
    category: 'runtime',
    title: 'A Java program used a null reference',
    text: 'java.lang.NullPointerException: Cannot invoke because is null\njava.lang.NullPointerException',
    sample:
      'Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()" because "<local1>" is null',
    cause: 'A value that was never set, or was not found, was used.',
    fixes: [
      low('Follow the first line of the stack that is your own code; since Java 14 the message names the null part.'),
    ],
    links: [
      link(
        'NullPointerException',
        'https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/NullPointerException.html',
      ),
    ],
    tags: ['java', 'null'],
  },
  {
    id: 'java-pkix',
    category: 'network',
    title: 'Java does not trust a certificate',
    text: 'PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target\njavax.net.ssl.SSLHandshakeException',
    sample:
      'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
    cause:
      'The certificate is signed by an authority that is not in the trust store of this JVM, often a company proxy.',
    fixes: [
      medium(
        "Import the authority's certificate into a trust store.",
        'keytool -importcert -cacerts -alias company -file ca.pem',
      ),
    ],
    links: [link('keytool', 'https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html')],
    tags: ['java', 'tls', 'certificate'],
  },
]
