#!/usr/bin/env bash
# Maven builds after an update of a dependency, a plugin or a rule: real reactors with modules whose tests log errors
# and pass. The library that breaks, org.example:money, is compiled by each script into a repository in the project.
. "$(dirname "$0")/common.sh"

maven='
rm -rf "$(getent passwd "$(id -un)" | cut -d: -f6)/.m2/repository/org/example"
compiler="<maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>"
newer=$(ls /usr/lib/jvm/*25*/bin/javac | head -n 1)
junit="<dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>5.10.2</version><scope>test</scope></dependency>"
surefire="<plugin><artifactId>maven-surefire-plugin</artifactId><version>3.2.5</version></plugin>"
money() { echo "<dependency><groupId>org.example</groupId><artifactId>money</artifactId><version>$1</version></dependency>"; }
repository="<repositories><repository><id>internal</id><url>file://\${maven.multiModuleProjectDirectory}/repo</url></repository></repositories>"
# parent MODULE... : the pom of a reactor; extra plugins in $plugins.
parent() {
  printf "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>shop-parent</artifactId><version>3.2.0-SNAPSHOT</version><packaging>pom</packaging><properties>%s</properties><modules>%s</modules>%s<dependencies>%s</dependencies><build><plugins>%s%s</plugins></build></project>" \
    "$compiler" "$(printf "<module>%s</module>" "$@")" "$repository" "$junit" "$surefire" "${plugins:-}" > pom.xml
}
# module NAME DEPENDENCIES: its pom, a class and a test.
module() {
  local pkg=${1//-/}
  mkdir -p $1/src/main/java/org/example/$pkg $1/src/test/java/org/example/$pkg
  printf "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><parent><groupId>org.example</groupId><artifactId>shop-parent</artifactId><version>3.2.0-SNAPSHOT</version></parent><artifactId>%s</artifactId><dependencies>%s</dependencies></project>" $1 "${2:-}" > $1/pom.xml
  printf "package org.example.%s;\n\npublic class Registry {\n    public int size() { return 3; }\n}\n" $pkg > $1/src/main/java/org/example/$pkg/Registry.java
}
# noisy MODULE COUNT: tests that log errors and stack traces, as they should, and pass.
noisy() {
  local pkg=${1//-/} i
  for i in $(seq 1 $2); do cat > $1/src/test/java/org/example/$pkg/Retry${i}Test.java <<JAVA
package org.example.$pkg;

import static org.junit.jupiter.api.Assertions.*;

import java.util.logging.*;
import org.junit.jupiter.api.Test;

class Retry${i}Test {
    private static final Logger LOG = Logger.getLogger("org.example.$pkg.Retry$i");

    @Test
    void rejectsAnInvalidOrder() {
        Exception thrown = assertThrows(IllegalStateException.class, () -> { throw new IllegalStateException("order $i has no lines"); });
        LOG.log(Level.SEVERE, "Error while processing order $i", thrown);
    }

    @Test
    void failsOverToTheSecondReplica() {
        LOG.warning("Connection to replica $i failed: java.net.ConnectException: Connection refused, retrying");
        System.err.println("ERROR [worker-$i] could not commit transaction: deadlock detected");
        new java.io.IOException("disk quota exceeded (simulated)").printStackTrace();
    }
}
JAVA
  done
}
# lib VERSION [OPTIONS]: compiles Money.java of standard input into the repository.
lib() {
  local dir=repo/org/example/money/$1
  mkdir -p $dir lib/org/example/money
  cat > lib/org/example/money/Money.java
  ${JAVAC:-javac} ${2:-} -d lib/out$1 lib/org/example/money/Money.java && jar cf $dir/money-$1.jar -C lib/out$1 .
  printf "<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>money</artifactId><version>%s</version></project>" $1 > $dir/money-$1.pom
}
'
maven_fails() { { printf '%s\n' "$maven"; cat; } | fails "$@"; }
maven_clean() { { printf '%s\n' "$maven"; cat; } | clean "$@"; }

maven_fails bump-method-removed --category compile --category dependency --root "cannot find symbol" --root "symbol:   method toCents()" --format github <<'RUN'
lib 2.0 "--release 11" <<< 'package org.example.money; public class Money { public long minorUnits() { return 1; } }'
parent catalog pricing checkout shipping web
module catalog; module pricing "$(money 2.0)"; module checkout; module shipping; module web
noisy catalog 14
printf 'package org.example.pricing;\n\nimport org.example.money.Money;\n\npublic class Prices {\n    long cents(Money money) { return money.toCents(); }\n}\n' > pricing/src/main/java/org/example/pricing/Prices.java
step mvn -B clean test
mvn -B -ntp clean test
RUN

maven_fails bump-no-such-method --category test --category dependency --category runtime --root "NoSuchMethodError" --root "PricesTest.addsUp" --format github <<'RUN'
lib 1.4 "--release 11" <<< 'package org.example.money; public class Money { public long toCents() { return 7; } }'
parent billing catalog web
module billing "$(money 1.4)"; module catalog "$(money 2.0)<dependency><groupId>org.example</groupId><artifactId>billing</artifactId><version>3.2.0-SNAPSHOT</version></dependency>"; module web
printf 'package org.example.billing;\n\npublic class Bill {\n    public static long total() { return new org.example.money.Money().toCents(); }\n}\n' > billing/src/main/java/org/example/billing/Bill.java
lib 2.0 "--release 11" <<< 'package org.example.money; public class Money { public long minorUnits() { return 7; } }'
noisy billing 8; noisy catalog 16; noisy web 5
printf 'package org.example.catalog;\n\nimport static org.junit.jupiter.api.Assertions.*;\n\nimport org.junit.jupiter.api.Test;\n\nclass PricesTest {\n    @Test\n    void addsUp() { assertEquals(7, org.example.billing.Bill.total()); }\n}\n' > catalog/src/test/java/org/example/catalog/PricesTest.java
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-class-version-compile --category compile --category dependency --root "class file has wrong version 69.0, should be" --root "cannot access org.example.money.Money" --format travis <<'RUN'
JAVAC=$newer lib 3.0 <<< 'package org.example.money; public class Money { }'
parent pricing web
module pricing "$(money 3.0)"; module web
printf 'package org.example.pricing;\n\nimport org.example.money.Money;\n\npublic class Prices {\n    Money price;\n}\n' > pricing/src/main/java/org/example/pricing/Prices.java
step mvn -B test
mvn -B -ntp test
RUN

maven_fails bump-class-version-test --category test --category dependency --category runtime --root "UnsupportedClassVersionError" --root "PricesTest.loads" --format jenkins <<'RUN'
JAVAC=$newer lib 3.0 <<< 'package org.example.money; public class Money { }'
parent pricing web
module pricing "$(money 3.0)"; module web
noisy pricing 12
printf 'package org.example.pricing;\n\nimport org.junit.jupiter.api.Test;\n\nclass PricesTest {\n    @Test\n    void loads() throws Exception { Class.forName("org.example.money.Money").getDeclaredConstructor().newInstance(); }\n}\n' > pricing/src/test/java/org/example/pricing/PricesTest.java
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-interface-changed --category compile --category dependency --root "is not abstract and does not override abstract method round(int)" --root "method does not override or implement a method from a supertype" --format gitlab <<'RUN'
lib 2.0 "--release 11" <<< 'package org.example.money; public interface Money { long round(int digits); }'
parent catalog pricing
module catalog; module pricing "$(money 2.0)"
noisy catalog 10
printf 'package org.example.pricing;\n\nimport org.example.money.Money;\n\npublic class Euro implements Money {\n    @Override\n    public long round() { return 1; }\n}\n' > pricing/src/main/java/org/example/pricing/Euro.java
step mvn -B test
mvn -B -ntp test
RUN

maven_fails bump-deprecation-werror --category compile --category dependency --root "warnings found and -Werror specified" --format azure <<'RUN'
lib 1.9 "--release 11" <<< 'package org.example.money; public class Money { @Deprecated(forRemoval = true) public long toCents() { return 1; } }'
plugins='<plugin><artifactId>maven-compiler-plugin</artifactId><version>3.12.1</version><configuration><showWarnings>true</showWarnings><failOnWarning>true</failOnWarning><compilerArgs><arg>-Xlint:removal</arg></compilerArgs></configuration></plugin>'
parent pricing web
module pricing "$(money 1.9)"; module web
printf 'package org.example.pricing;\n\nimport org.example.money.Money;\n\npublic class Prices {\n    long cents(Money money) { return money.toCents(); }\n}\n' > pricing/src/main/java/org/example/pricing/Prices.java
step mvn -B compile
mvn -B -ntp compile
RUN

maven_fails bump-assertion-in-the-middle --category test --root "expected: <1050> but was: <1049>" --root "RoundingTest.roundsHalfUp" --format github <<'RUN'
lib 2.1 "--release 11" <<< 'package org.example.money; public class Money { public static long times(long cents, double rate) { return (long) (cents * rate); } }'
parent catalog pricing web
module catalog; module pricing "$(money 2.1)"; module web
noisy catalog 30; noisy pricing 60; noisy web 10
printf 'package org.example.pricing;\n\nimport static org.junit.jupiter.api.Assertions.*;\n\nimport org.example.money.Money;\nimport org.junit.jupiter.api.Test;\n\nclass RoundingTest {\n    @Test\n    void roundsHalfUp() { assertEquals(1050, Money.times(1000, 1.0499)); }\n}\n' > pricing/src/test/java/org/example/pricing/RoundingTest.java
step mvn -B -fae verify
mvn -B -ntp -fae verify
RUN

maven_fails bump-upper-bounds --category dependency --category configuration --root "Require upper bound dependencies error for org.example:money" --root "RequireUpperBoundDeps failed with message" --format github <<'RUN'
for v in 1.0 2.0; do lib $v "--release 11" <<< 'package org.example.money; public class Money { }'; done
plugins='<plugin><artifactId>maven-enforcer-plugin</artifactId><version>3.4.1</version><executions><execution><goals><goal>enforce</goal></goals><configuration><rules><requireUpperBoundDeps/><dependencyConvergence/></rules></configuration></execution></executions></plugin>'
parent billing catalog
module billing "$(money 2.0)"; module catalog "$(money 1.0)<dependency><groupId>org.example</groupId><artifactId>billing</artifactId><version>3.2.0-SNAPSHOT</version></dependency>"
noisy billing 6
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-banned --category dependency --category configuration --root "BannedDependencies failed with message" --root "org.example:money:jar:1.0" --format jenkins <<'RUN'
lib 1.0 "--release 11" <<< 'package org.example.money; public class Money { }'
plugins='<plugin><artifactId>maven-enforcer-plugin</artifactId><version>3.4.1</version><executions><execution><goals><goal>enforce</goal></goals><configuration><rules><bannedDependencies><excludes><exclude>org.example:money:(,2.0)</exclude></excludes></bannedDependencies></rules></configuration></execution></executions></plugin>'
parent billing catalog
module billing; module catalog "$(money 1.0)"
noisy billing 4
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-version-not-there --category dependency --root "Could not find artifact org.example:money:jar:9.9" --root "Could not resolve dependencies for project org.example:pricing" --format circleci <<'RUN'
lib 1.0 "--release 11" <<< 'package org.example.money; public class Money { }'
parent catalog pricing web
module catalog; module pricing "$(money 9.9)"; module web
noisy catalog 6
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-version-range --category dependency --root "No versions available for org.example:money:jar:[4.0,5.0) within specified range" --format gitlab <<'RUN'
lib 1.0 "--release 11" <<< 'package org.example.money; public class Money { }'
printf '<metadata><groupId>org.example</groupId><artifactId>money</artifactId><versioning><versions><version>1.0</version></versions></versioning></metadata>' > repo/org/example/money/maven-metadata.xml
parent catalog pricing
module catalog; module pricing "$(money '[4.0,5.0)')"
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-checksum --category dependency --category network --root "Checksum validation failed" --format jenkins <<'RUN'
lib 1.7 "--release 11" <<< 'package org.example.money; public class Money { }'
for f in jar pom; do echo 0123456789abcdef0123456789abcdef01234567 > repo/org/example/money/1.7/money-1.7.$f.sha1; done
parent catalog pricing
module catalog; module pricing "$(money 1.7)"
step mvn -B -C verify
mvn -B -ntp -C verify
RUN

maven_fails bump-animal-sniffer --category compile --category configuration --category lint --category dependency --root "Undefined reference: String String.repeat(int)" --root "Undefined reference" --format github <<'RUN'
plugins='<plugin><groupId>org.codehaus.mojo</groupId><artifactId>animal-sniffer-maven-plugin</artifactId><version>1.23</version><executions><execution><phase>test</phase><goals><goal>check</goal></goals><configuration><signature><groupId>org.codehaus.mojo.signature</groupId><artifactId>java18</artifactId><version>1.0</version></signature></configuration></execution></executions></plugin>'
parent catalog pricing
module catalog; module pricing
noisy catalog 5
printf 'package org.example.pricing;\n\npublic class Line {\n    String rule() { return "-".repeat(3); }\n}\n' > pricing/src/main/java/org/example/pricing/Line.java
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-japicmp --category compile --category configuration --category dependency --category lint --root "METHOD_REMOVED" --root "There is at least one incompatibility" --format travis <<'RUN'
lib 1.0 "--release 11" <<< 'package org.example.money; public class Money { public long toCents() { return 1; } }'
mkdir -p src/main/java/org/example/money
printf 'package org.example.money;\n\npublic class Money {\n    public long minorUnits() { return 1; }\n}\n' > src/main/java/org/example/money/Money.java
printf '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>money</artifactId><version>1.1</version><properties>%s</properties>%s<build><plugins><plugin><groupId>com.github.siom79.japicmp</groupId><artifactId>japicmp-maven-plugin</artifactId><version>0.23.1</version><configuration><oldVersion>%s</oldVersion><parameter><breakBuildOnBinaryIncompatibleModifications>true</breakBuildOnBinaryIncompatibleModifications></parameter></configuration><executions><execution><phase>verify</phase><goals><goal>cmp</goal></goals></execution></executions></plugin></plugins></build></project>' "$compiler" "$repository" "$(money 1.0)" > pom.xml
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-checkstyle --category lint --root "Name 'Cents_of' must match pattern" --format azure <<'RUN'
plugins='<plugin><artifactId>maven-checkstyle-plugin</artifactId><version>3.3.1</version><configuration><configLocation>checkstyle.xml</configLocation><violationSeverity>warning</violationSeverity></configuration><executions><execution><phase>validate</phase><goals><goal>check</goal></goals></execution></executions></plugin>'
parent pricing
module pricing
for d in . pricing; do printf '<?xml version="1.0"?>\n<!DOCTYPE module PUBLIC "-//Checkstyle//DTD Checkstyle Configuration 1.3//EN" "https://checkstyle.org/dtds/configuration_1_3.dtd">\n<module name="Checker"><module name="TreeWalker"><module name="MethodName"/></module></module>\n' > $d/checkstyle.xml; done
printf 'package org.example.pricing;\n\npublic class Prices {\n\n    long Cents_of(long money) { return money; }\n}\n' > pricing/src/main/java/org/example/pricing/Prices.java
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-dependency-analyze --category dependency --category configuration --category lint --root "Used undeclared dependencies found" --format github <<'RUN'
lib 1.0 "--release 11" <<< 'package org.example.money; public class Money { }'
plugins='<plugin><artifactId>maven-dependency-plugin</artifactId><version>3.6.1</version><executions><execution><goals><goal>analyze-only</goal></goals><configuration><failOnWarning>true</failOnWarning><ignoreNonCompile>true</ignoreNonCompile></configuration></execution></executions></plugin>'
parent catalog pricing
module catalog; module pricing "$(money 1.0)"
noisy catalog 5
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-fork-crash --category test --category runtime --category resource --root "The forked VM terminated without properly saying goodbye" --format gitlab <<'RUN'
parent catalog pricing
module catalog; module pricing
noisy catalog 8; noisy pricing 4
printf 'package org.example.pricing;\n\nimport org.junit.jupiter.api.Test;\n\nclass NativeTest {\n    @Test\n    void leaves() { Runtime.getRuntime().halt(134); }\n}\n' > pricing/src/test/java/org/example/pricing/NativeTest.java
step mvn -B verify
mvn -B -ntp verify
RUN

maven_fails bump-plugin-missing --category dependency --category configuration --root "Plugin org.example:money-maven-plugin:2.0 or one of its dependencies could not be resolved" --format plain <<'RUN'
plugins='<plugin><groupId>org.example</groupId><artifactId>money-maven-plugin</artifactId><version>2.0</version><executions><execution><goals><goal>check</goal></goals></execution></executions></plugin>'
parent catalog pricing
module catalog; module pricing
mvn -B -ntp verify
RUN

maven_fails bump-package-moved --category compile --category dependency --root "package javax.money does not exist" --format jenkins <<'RUN'
parent catalog pricing web
module catalog; module pricing; module web
noisy catalog 9
printf 'package org.example.pricing;\n\nimport javax.money.CurrencyUnit;\nimport javax.money.Monetary;\n\npublic class Prices {\n    CurrencyUnit unit = Monetary.getCurrency("EUR");\n}\n' > pricing/src/main/java/org/example/pricing/Prices.java
step mvn -B package
mvn -B -ntp package
RUN

maven_clean reactor-noisy-clean --format github <<'RUN'
parent catalog pricing web
module catalog; module pricing; module web
noisy catalog 25; noisy pricing 20; noisy web 12
step mvn -B verify
mvn -B -ntp verify
RUN

maven_clean reactor-warnings-clean --format jenkins <<'RUN'
plugins='<plugin><artifactId>maven-enforcer-plugin</artifactId><version>3.4.1</version><executions><execution><goals><goal>enforce</goal></goals><configuration><fail>false</fail><rules><requireJavaVersion><version>[99,)</version></requireJavaVersion></rules></configuration></execution></executions></plugin>'
parent catalog pricing
module catalog; module pricing
noisy catalog 4; noisy pricing 3
printf 'package org.example.pricing;\n\nimport java.util.*;\n\npublic class Prices {\n    List list = new ArrayList();\n    Object error = new Integer(3);\n}\n' > pricing/src/main/java/org/example/pricing/Prices.java
step mvn -B verify
mvn -B -ntp verify
RUN
