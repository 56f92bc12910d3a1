// Tests that drive a browser or a phone: Playwright, Cypress, Selenium, XCTest, Android instrumentation, adb, xcodebuild.

import type { LogRule } from '../rule.ts'

const test = { category: 'test', phase: 'test', severity: 'high' } as const

export const endToEndTestRules: LogRule[] = [
  {
    ...test,
    id: 'playwright/failed',
    hints: [' › '],
    pattern: /^\s{0,6}\d{1,4}\) (\[[\w -]{1,40}\] › .{1,300}?)(?: ─+)?$/,
    role: 'cause',
    weight: 84,
    below: { while: /^\s*$|^\s+(?:Error|TimeoutError|Test timeout|Locator|Expected|Received|Call log)/, max: 6 },
    statement: 'The test $1 failed.',
    examples: {
      positive: ['  1) [chromium] › cart.spec.ts:19:7 › removes an item ────────'],
      nearMiss: ['  ✓  1 [chromium] › cart.spec.ts:5:7 › opens the cart (1.2s)', '1) Install › next'],
    },
  },
  {
    ...test,
    id: 'selenium/exception',
    hints: [
      'selenium',
      'nosuchelement',
      'staleelement',
      'sessionnotcreated',
      'session not created',
      'elementclickintercepted',
    ],
    pattern:
      /(?:org\.openqa\.selenium|selenium\.common\.exceptions)\.(\w{1,80}(?:Exception)?): ?(.{0,300})|\bsession not created: (.{1,200})|(?:^|\| )(?:NoSuchElement|StaleElementReference|ElementClickIntercepted)(?:Exception|Error): (.{1,300})/,
    role: 'cause',
    weight: 82,
    statement: 'The browser driver reports $1: $2$3$4',
    examples: {
      positive: [
        'selenium.common.exceptions.NoSuchElementException: Message: no such element: #pay',
        'session not created: This version of ChromeDriver only supports Chrome version 114',
      ],
      nearMiss: ['import org.openqa.selenium.By;', 'Starting ChromeDriver 114'],
    },
  },
  {
    ...test,
    id: 'xctest/failed',
    hints: [': error: -[', 'xctassert', ': error: test'],
    pattern: /^(\S{1,300}\.(?:swift|mm?)):(\d{1,6}): error: (?:-\[)?([\w. ]{1,200})\]? : (.{1,300})/,
    role: 'cause',
    weight: 88,
    statement: 'The test $3 failed: $4',
    examples: {
      positive: [
        '/w/Tests/CartTests.swift:41: error: -[ShopTests.CartTests testRemoves] : XCTAssertEqual failed: ("2") is not equal to ("1")',
      ],
      nearMiss: ["Test Case '-[ShopTests.CartTests testAdds]' passed (0.001 seconds)."],
    },
  },
  {
    ...test,
    id: 'xcodebuild/summary',
    hints: ['** ', "' failed (", "' failed at"],
    pattern:
      /^\*\* (?:TEST|BUILD|ARCHIVE|ANALYZE) (?:FAILED|INTERRUPTED) \*\*|^Test (?:Case|Suite) '.{1,200}' failed (?:\(|at )/,
    role: 'wrapper',
    weight: 28,
    examples: {
      positive: ['** BUILD FAILED **', "Test Case '-[ShopTests.CartTests testRemoves]' failed (0.012 seconds)."],
      nearMiss: ['** BUILD SUCCEEDED **', "Test Case '-[ShopTests.CartTests testAdds]' passed (0.001 seconds)."],
    },
  },
  {
    ...test,
    id: 'xcodebuild/signing',
    hints: ['signing', 'provisioning profile', 'code sign'],
    pattern:
      /error: (.{0,200}(?:requires a provisioning profile|[Ss]igning (?:certificate|for)|No profiles for|Code ?[Ss]ign).{0,200})/,
    role: 'cause',
    weight: 86,
    category: 'configuration',
    phase: 'build',
    statement: 'The app could not be signed: $1',
    examples: {
      positive: ['error: "Shop" requires a provisioning profile. Select a provisioning profile in the editor.'],
      nearMiss: ['Signing Identity: "Apple Development"'],
    },
  },
  {
    ...test,
    id: 'android/crash',
    hints: ['androidruntime'],
    pattern:
      /\b[EF][ /]AndroidRuntime(?:\([ \d]{1,8}\))?: (FATAL EXCEPTION.{0,100}|(?:[a-z]\w{0,40}\.){1,10}[A-Z][\w$]{0,80}(?:Exception|Error)\b.{0,300})/,
    role: 'cause',
    weight: 84,
    category: 'runtime',
    severity: 'critical',
    below: { while: /AndroidRuntime(?:\([ \d]{1,8}\))?: (?:Process|PID|Caused by|[a-z]|\tat )/, max: 4 },
    statement: 'The app crashed: $1',
    examples: {
      positive: ['05-02 01:05:02.000  1234  1299 E AndroidRuntime: FATAL EXCEPTION: main'],
      nearMiss: ['D AndroidRuntime: Shutting down VM', '05-02 01:05:02.000 E cr_Seed: Failed reading seed'],
    },
  },
  {
    ...test,
    id: 'android/instrumentation',
    hints: [
      'instrumentation_status: stack',
      'instrumentation_result: shortmsg',
      'instrumentation run failed',
      'instrumentation_failed',
    ],
    pattern:
      /^INSTRUMENTATION_(?:STATUS: stack|RESULT: (?:short|long)Msg)=(.{1,300})|(?:Test|Instrumentation) (?:run )?failed(?: to complete)?.{0,40}(?:Instrumentation|Process crashed).{0,200}|INSTRUMENTATION_FAILED: (.{1,200})/,
    role: 'cause',
    weight: 86,
    below: { while: /^\s+at |^Caused by/, max: 6 },
    statement: 'A test on the device failed: $1$2',
    examples: {
      positive: [
        'INSTRUMENTATION_STATUS: stack=java.lang.AssertionError: expected:<3> but was:<4>',
        'INSTRUMENTATION_RESULT: shortMsg=Process crashed.',
      ],
      nearMiss: ['INSTRUMENTATION_STATUS: test=opensHome', 'INSTRUMENTATION_CODE: -1'],
    },
  },
  {
    ...test,
    id: 'android/install',
    hints: [
      'install_failed',
      'install_parse_failed',
      'no devices/emulators',
      'device offline',
      'device unauthorized',
      "device '",
    ],
    pattern:
      /\bINSTALL_(?:PARSE_)?FAILED_\w{1,60}.{0,200}|(?:adb: |error: )(?:no devices\/emulators found|device offline|device unauthorized|device '.{1,60}' not found).{0,100}/,
    role: 'cause',
    weight: 84,
    category: 'infrastructure',
    statement: 'The app could not be installed on the device.',
    examples: {
      positive: [
        'adb: failed to install app.apk: Failure [INSTALL_FAILED_INSUFFICIENT_STORAGE]',
        'error: no devices/emulators found',
      ],
      nearMiss: ['adb: Success', 'List of devices attached'],
    },
  },
]
