/** An event as docker prints it, and as its templates and JSON have it. */
import type { Event } from '../containers/events.ts'

/** `2026-11-22T10:00:00.123456789Z container create ID (image=busybox, name=web)` */
export function eventLine({ time, type, action, id, attributes }: Event): string {
  const words = Object.keys(attributes)
    .sort()
    .map((key) => `${key}=${attributes[key]}`)
  return `${time} ${type} ${action} ${id}${words.length === 0 ? '' : ` (${words.join(', ')})`}`
}

export function eventObject({ time, type, action, id, attributes }: Event): object {
  const seconds = Math.floor(Date.parse(time) / 1000)
  const fraction = /\.(\d{1,9})/.exec(time)?.[1]?.padEnd(9, '0') ?? '000000000'
  const image = attributes['image']
  return {
    status: action,
    id,
    ...(image === undefined ? {} : { from: image }),
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: seconds,
    // More digits than a JSON number keeps are rounded, as in every reader of docker's.
    timeNano: Number(`${seconds}${fraction}`),
  }
}

/** Template names that differ from the object's. */
export const eventAliases = {
  Status: 'status',
  ID: 'id',
  From: 'from',
  Scope: 'scope',
  Time: 'time',
  TimeNano: 'timeNano',
}
