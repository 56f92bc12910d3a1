// What the feed of the console says of itself.

import { component, type RouteDoc } from '../openapi-route.ts'
import { historyEventSchema, snapshotEventSchema, textEventSchema } from '../wire-schemas.ts'

export const activityDocs: RouteDoc[] = [
  {
    ...{ method: 'get', path: '/activity', tag: 'Service' },
    summary: 'Jobs, workers and figures as they change, and the text of running jobs',
    answers: {
      200: {
        description:
          'Server-Sent Events without an end: `history` first, then a `snapshot` a second, and `text` as it is generated.',
        events: {
          history: component('HistoryEvent', historyEventSchema),
          snapshot: component('SnapshotEvent', snapshotEventSchema),
          text: component('TextEvent', textEventSchema),
        },
      },
    },
  },
]
