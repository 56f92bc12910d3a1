// Who a request is from, as its key says, and which jobs that lets it see. Every job carries its owner's name.

import type { Request } from 'express'
import { AppError } from '../../errors.ts'
import { adminName } from '../../setting-keys.ts'
import type { JobRecord } from '../../stream/job-record.ts'
import type { JobStore } from '../../stream/job-store.ts'

export type Caller =
  /** The service asks for no keys: everyone sees everything. */
  | { kind: 'anyone' }
  | { kind: 'key'; name: string }
  | { kind: 'admin' }
  /** Reads one job's stream and nothing else. */
  | { kind: 'ticket'; job: string }

const callers = new WeakMap<Request, Caller>()

/** Set once a request, before any route that needs one. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller)
}

/** @throws AppError `internal` on a route that stands before the check of keys */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request)
  if (caller) return caller
  throw new AppError('internal', `${request.path} is served before the check of keys, so it has no caller`)
}

/** For the log; undefined where there is nobody to name. Never a key. */
export function callerName(request: Request): string | undefined {
  const caller = callers.get(request)
  return caller && caller.kind !== 'anyone' ? ownerOf(caller) : undefined
}

/** The owner of jobs that this caller starts. */
export function ownerOf(caller: Caller): string {
  switch (caller.kind) {
    case 'anyone':
      return ''
    case 'key':
      return caller.name
    case 'admin':
      return adminName
    case 'ticket':
      return 'ticket'
    default:
      return caller satisfies never
  }
}

/** Who may see hosts, processes and figures of the whole service. Without an admin key every key may. */
export function isOperator({ kind }: Caller, hasAdmin: boolean): boolean {
  return kind === 'admin' || kind === 'anyone' || (kind === 'key' && !hasAdmin)
}

/** Whose jobs a list shows; null: everyone's. */
export function ownerListed(caller: Caller): string | null {
  return caller.kind === 'key' ? caller.name : null
}

/**
 * The record of a job that the caller may see.
 * @throws AppError `not_found`, the same one for a job of another key as for none
 */
export async function visibleJob(request: Request, store: JobStore, id: string): Promise<JobRecord> {
  const caller = callerOf(request)
  const record = await store.record(id)
  if (record && maySee(caller, id, record)) return record
  throw new AppError('not_found', `job ${id.slice(0, 80)} is unknown or has expired`, { field: 'id' })
}

function maySee(caller: Caller, id: string, { owner }: JobRecord): boolean {
  switch (caller.kind) {
    case 'anyone':
    case 'admin':
      return true
    case 'key':
      return owner === caller.name
    case 'ticket':
      return id === caller.job
    default:
      return caller satisfies never
  }
}
