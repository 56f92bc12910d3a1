// Every rule that comes with this program, one file a tool.

import type { LogRule } from '../rule.ts'
import { bazelRules } from './bazel.ts'
import { browserRules } from './browsers.ts'
import { cargoRules } from './cargo.ts'
import { ciRules } from './ci.ts'
import { databaseRules } from './databases.ts'
import { deploymentRules } from './deployment.ts'
import { dockerRules } from './docker.ts'
import { dotnetRules } from './dotnet.ts'
import { endToEndTestRules } from './end-to-end-tests.ts'
import { gccRules } from './gcc.ts'
import { genericRules } from './generic.ts'
import { goRules } from './go.ts'
import { gradleRules } from './gradle.ts'
import { javaScriptTestRules } from './javascript-tests.ts'
import { jvmRules } from './jvm.ts'
import { kubernetesRules } from './kubernetes.ts'
import { linterRules } from './linters.ts'
import { makeRules } from './make.ts'
import { mavenRules } from './maven.ts'
import { nativeTestRules } from './native-tests.ts'
import { nodeRules } from './node.ts'
import { npmRules } from './npm.ts'
import { packageRules } from './packages.ts'
import { phpRules } from './php.ts'
import { pythonRules } from './python.ts'
import { resourceRules } from './resources.ts'
import { rubyRules } from './ruby.ts'
import { sanitizerRules } from './sanitizers.ts'
import { shapeRules } from './shapes.ts'
import { typescriptRules } from './typescript.ts'

export const coreRules: LogRule[] = [
  ...gccRules,
  ...packageRules,
  ...bazelRules,
  ...sanitizerRules,
  ...databaseRules,
  ...linterRules,
  ...endToEndTestRules,
  ...browserRules,
  ...typescriptRules,
  ...cargoRules,
  ...goRules,
  ...pythonRules,
  ...javaScriptTestRules,
  ...jvmRules,
  ...mavenRules,
  ...gradleRules,
  ...npmRules,
  ...nodeRules,
  ...makeRules,
  ...nativeTestRules,
  ...dotnetRules,
  ...rubyRules,
  ...phpRules,
  ...deploymentRules,
  ...dockerRules,
  ...kubernetesRules,
  ...resourceRules,
  ...ciRules,
  ...shapeRules,
  ...genericRules,
]
