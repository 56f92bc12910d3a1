// The main file of `npm run model`.

import { runMain } from '../process-main.ts'
import { modelCommand } from './model-command.ts'

await runMain(async () => {
  await modelCommand().name('npm run model --').parseAsync()
})
