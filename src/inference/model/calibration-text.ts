// Texts whose activations set the smoothing factors: prose, chat, logs, code, numbers, several scripts.

export const CALIBRATION_TEXTS: readonly string[] = [
  `The history of the lighthouse goes back more than two thousand years. Sailors once relied on fires that were lit on hilltops, and later on towers whose lamps burned oil, then gas, and at last electricity. A lens invented by Augustin Fresnel in 1822 gathered the light into a beam that could be seen for thirty kilometers. Today most lighthouses run without a keeper, and many ships find their way by satellite instead; yet the towers remain, painted in bands of red and white, as signs that someone thought of the people out at sea.`,
  `<|im_start|>system
You are a helpful assistant who answers in short, clear sentences.<|im_end|>
<|im_start|>user
How do I keep basil alive on a window sill? It always dies after two weeks.<|im_end|>
<|im_start|>assistant
1. Water it from below: put the pot into a bowl for ten minutes, then let it drain.
2. Give it six hours of sun a day.
3. Cut whole stems above a pair of leaves instead of picking single leaves.
4. Divide the pot: supermarket plants are many seedlings crowded together.<|im_end|>
<|im_start|>user
And in winter?<|im_end|>
<|im_start|>assistant
In winter there is too little light in most homes. Move it away from cold glass, water less, or grow it again from seed in March.<|im_end|>
`,
  `2026-03-14T09:26:53.589Z INFO  [main] Starting build #4821 on runner linux-x64-07
2026-03-14T09:27:01.204Z WARN  [npm] deprecated request@2.88.2: no longer supported
2026-03-14T09:27:44.870Z ERROR [tsc] src/orders/total.ts(48,17): error TS2345: Argument of type 'string | undefined' is not assignable to parameter of type 'string'.
  Type 'undefined' is not assignable to type 'string'.
npm ERR! code ELIFECYCLE
npm ERR! errno 2
Traceback (most recent call last):
  File "/srv/app/worker.py", line 112, in handle
    result = self.pool.submit(task, timeout=30).result()
TimeoutError: connection to 10.0.3.17:5432 timed out after 30000 ms
FATAL: the database system is shutting down (exit code 137, OOMKilled)`,
  `#include <stdio.h>

static int gcd(int a, int b) {
  while (b != 0) { int r = a % b; a = b; b = r; }
  return a;
}

int main(void) {
  printf("%d\\n", gcd(1071, 462));  /* 21 */
  return 0;
}

def moving_average(values, window=3):
    """Yield the mean of each run of \`window\` values."""
    total = sum(values[:window])
    for i in range(window, len(values) + 1):
        yield total / window
        if i < len(values):
            total += values[i] - values[i - window]

SELECT customer, COUNT(*) AS orders FROM sales WHERE year >= 2024 GROUP BY customer ORDER BY orders DESC LIMIT 10;
{"name": "demo", "version": "1.4.0", "flags": [true, false, null], "ratio": 0.125}`,
  `Question: A train leaves at 14:35 and arrives at 17:10. How long is the journey, and how fast is it on average if the distance is 310 km?
Answer: From 14:35 to 17:10 is 2 hours and 35 minutes, which is 2.583 hours. 310 / 2.583 = 120 km/h.

Le marché ouvre à huit heures; il faut arriver tôt pour avoir des fraises. Der Zug nach München fährt heute von Gleis 12. ¿Dónde está la biblioteca? 今日は天気がいいですね。 Привет, как дела? 😀🚀

Once there was a fox who wanted to learn to swim. Every morning she stood at the edge of the pond and looked at her own face in the water. "Tomorrow," she said. One night it rained so hard that the pond came to her.`,
]
