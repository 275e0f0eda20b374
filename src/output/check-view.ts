/** What `system check` says while it looks. */
import type { Context } from '../cli/context.ts'
import type { Finding } from '../operations/check.ts'

/** @returns 0 when there is no damage any more, else 1 */
export async function printFindings(findings: AsyncIterable<Finding>, context: Context): Promise<number> {
  let found = 0
  let mended = 0
  for await (const finding of findings) {
    found += 1
    context.out.write(`${finding.what}\n`)
    if (finding.mended !== undefined) {
      mended += 1
      context.out.write(`  repaired: ${finding.mended}\n`)
    } else if (finding.left !== undefined) context.out.write(`  not repaired: ${finding.left}\n`)
  }
  if (found === 0) context.out.write('No damage found\n')
  else context.out.write(`Damage found: ${found}, repaired: ${mended}\n`)
  if (found > mended && mended === 0)
    context.out.note('`sampan system check --repair` mends what can be mended')
  return found === mended ? 0 : 1
}
