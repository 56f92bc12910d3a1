#!/usr/bin/env bash
# javac, Maven, Gradle, kotlinc, Java services.
. "$(dirname "$0")/common.sh"

pom() { cat <<XML
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId>
  <artifactId>orders</artifactId>
  <version>1.4.0</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  $1
</project>
POM
XML
}
junit='<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency></dependencies>'
sources='mkdir -p src/main/java/org/example src/test/java/org/example
printf "package org.example;\n\npublic class Order {\n    public int total() {\n        return 3;\n    }\n}\n" > src/main/java/org/example/Order.java
'

fails mvn-api-change --category compile --category dependency --root "cannot find symbol" --root "OrderReport.java:[6," --root "symbol:   method grandTotal()" --format github <<RUN
$(pom "$junit")
$sources
printf 'package org.example;\n\npublic class OrderReport {\n    String line(Order order) {\n        // renamed in orders-api 2.0\n        return "total " + order.grandTotal();\n    }\n}\n' > src/main/java/org/example/OrderReport.java
step mvn -B package
mvn -B -ntp package
RUN

fails mvn-surefire --category test --root "expected:<4> but was:<3>" --root "org.example.OrderTest.totals" --format jenkins <<RUN
$(pom "$junit")
$sources
printf 'package org.example;\n\nimport static org.junit.Assert.assertEquals;\n\nimport org.junit.Test;\n\npublic class OrderTest {\n    @Test\n    public void totals() { assertEquals(4, new Order().total()); }\n\n    @Test\n    public void throwsAnException() {}\n}\n' > src/test/java/org/example/OrderTest.java
step Verify
mvn -B -ntp verify
RUN

fails mvn-missing-artifact --category dependency --root "Could not resolve dependencies for project org.example:orders:jar:1.4.0" --format gitlab <<RUN
$(pom '<dependencies><dependency><groupId>org.example.internal</groupId><artifactId>billing-client</artifactId><version>7.0.1</version></dependency></dependencies>')
$sources
step mvn -B -o compile
mvn -B -o compile
RUN

fails mvn-enforcer --category dependency --category configuration --root "RequireJavaVersion failed with message" --root "Detected JDK" --exit any --format azure <<RUN
$(pom '<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-enforcer-plugin</artifactId><version>3.4.1</version><executions><execution><goals><goal>enforce</goal></goals><configuration><rules><requireJavaVersion><version>[21,)</version></requireJavaVersion></rules></configuration></execution></executions></plugin></plugins></build>')
$sources
step mvn -B validate
mvn -B -ntp validate
RUN

fails javac-plain --category compile --root "error: incompatible types: String cannot be converted to int" <<'RUN'
printf 'import java.io.IOException;\n\nclass Main {\n    static void read() throws IOException {}\n    public static void main(String[] args) {\n        int n = args[0];\n        read();\n    }\n}\n' > Main.java
javac -Xlint:all Main.java
RUN

fails java-caused-by --category runtime --category configuration --category network --root "Caused by: java.net.ConnectException: Connection refused" --format compose <<'RUN'
cat > App.java <<'JAVA'
import java.net.Socket;

public class App {
    static void connect() {
        try {
            new Socket("127.0.0.1", 5997);
        } catch (Exception e) {
            throw new IllegalStateException("Failed to initialize pool: primary", e);
        }
    }

    public static void main(String[] args) {
        for (int i = 0; i < 80; i++) System.out.println("2026-03-04 09:12:0" + i % 10 + ".123  INFO 1 --- [main] o.e.app.Registry : registered error handler " + i);
        try {
            connect();
        } catch (RuntimeException e) {
            System.out.println("2026-03-04 09:12:09.001 ERROR 1 --- [main] o.e.app.Starter : Application run failed");
            throw new RuntimeException("Error creating bean with name 'dataSource'", e);
        }
    }
}
JAVA
javac App.java && java App
RUN

fails java-heap --category resource --root "java.lang.OutOfMemoryError: Java heap space" --format kubectl <<'RUN'
printf 'import java.util.*;\nclass Load {\n    public static void main(String[] a) {\n        List<byte[]> rows = new ArrayList<>();\n        for (int i = 0; ; i++) { System.out.println("INFO loaded block " + i); rows.add(new byte[1 << 20]); }\n    }\n}\n' > Load.java
javac Load.java && java -Xmx48m Load
RUN

fails java-class-missing --category runtime --category dependency --category configuration --root "java.lang.ClassNotFoundException: org.example.Main" --root "Error: Could not find or load main class org.example.Main" --format syslog <<'RUN'
java -cp lib/app.jar org.example.Main
RUN

fails java-sql-secret --category permission --category configuration --category runtime --root "FATAL: password authentication failed for user" --secret Tr0ub4dor-and-3-more --format journald <<'RUN'
cat > Db.java <<'JAVA'
public class Db {
    public static void main(String[] args) {
        System.out.println("INFO connecting to jdbc:postgresql://db.example.org:5432/app?user=app&password=Tr0ub4dor-and-3-more");
        for (int i = 1; i <= 3; i++) System.out.println("WARN connection attempt " + i + " of 3 failed, retrying in " + i + " s");
        throw new IllegalStateException("org.postgresql.util.PSQLException: FATAL: password authentication failed for user \"app\"");
    }
}
JAVA
javac Db.java && java Db
RUN

fails gradle-compile --category compile --root "error: cannot find symbol" --root "symbol:   variable retryPolicy" --format github <<'RUN'
mkdir -p src/main/java
printf "apply plugin: 'java'\n" > build.gradle
printf 'public class Client {\n    int tries() {\n        return retryPolicy.tries();\n    }\n}\n' > src/main/java/Client.java
step gradle build
gradle --offline --no-daemon --console=plain build
RUN

fails gradle-script --category configuration --category compile --root "Could not find method implementation_() for arguments" --root "Could not find method implementation_()" --format gitlab <<'RUN'
printf "apply plugin: 'java'\ndependencies {\n    implementation_ 'org.example:a:1'\n}\n" > build.gradle
step gradle build
gradle --offline --no-daemon --console=plain build
RUN

fails kotlinc --category compile --root "error: unresolved reference: discount" --root "error: type mismatch: inferred type is String but Int was expected" <<'RUN'
printf 'fun total(items: List<Int>): Int {\n    val unused = 1\n    return items.sum() - discount\n}\n\nfun main() {\n    val n: Int = "3"\n    println(total(listOf(n)))\n}\n' > Main.kt
kotlinc Main.kt -d out
RUN

clean mvn-tests-noisy --format jenkins <<RUN
$(pom "$junit")
$sources
cat > src/test/java/org/example/OrderErrorTest.java <<'JAVA'
package org.example;

import org.junit.Ignore;
import org.junit.Test;

public class OrderErrorTest {
    @Test(expected = IllegalStateException.class)
    public void failsWithAnException() { throw new IllegalStateException("expected"); }

    @Test
    public void logsErrors() {
        System.out.println("ERROR order 7 failed: payment declined");
        new RuntimeException("printed by the test").printStackTrace();
    }

    @Ignore
    @Test
    public void broken() { throw new AssertionError(); }
}
JAVA
step Verify
mvn -B -ntp verify
RUN

clean java-service-retries --format compose <<'RUN'
cat > App.java <<'JAVA'
public class App {
    public static void main(String[] args) {
        for (int i = 0; i < 300; i++) {
            System.out.println("2026-03-04 09:12:0" + i % 10 + ".123  INFO 1 --- [http-" + i % 8 + "] o.e.errors.ErrorController : 0 errors since start");
            if (i == 120) {
                System.out.println("2026-03-04 09:12:04.400  WARN 1 --- [http-1] o.e.Client : attempt 1 failed: java.net.SocketTimeoutException: Read timed out; retrying");
                System.out.println("2026-03-04 09:12:05.400  INFO 1 --- [http-1] o.e.Client : attempt 2 succeeded");
            }
        }
        System.out.println("2026-03-04 09:12:09.999  INFO 1 --- [main] o.e.App : Shutdown completed");
    }
}
JAVA
javac App.java && java App
RUN
