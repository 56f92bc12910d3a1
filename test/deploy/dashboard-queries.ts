// The queries of the Grafana dashboard.

import { readFileSync } from 'node:fs'
import { z } from 'zod'

const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })).min(10),
})
const file = new URL('../../deploy/grafana/workflowai.json', import.meta.url)

export const { panels } = dashboardSchema.parse(JSON.parse(readFileSync(file, 'utf8')))

export const dashboardQueries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))
