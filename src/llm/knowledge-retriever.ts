// The knowledge base for LangChain: a retriever whose documents are cases, and a tool that an agent can call with a line of
// a log. Both give only cases that certainly belong to it.

import { Document } from '@langchain/core/documents'
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers'
import { StructuredTool } from '@langchain/core/tools'
import { z } from 'zod'
import type { KnowledgeCase } from '../knowledge/case.ts'
import { KnowledgeBase } from '../knowledge/knowledge-base.ts'

export class KnowledgeRetriever extends BaseRetriever {
  static override lc_name(): string {
    return 'KnowledgeRetriever'
  }

  lc_namespace = ['workflowai', 'retrievers']
  readonly #base: KnowledgeBase

  /** @param fields without a base: the cases that come with the program */
  constructor(fields: BaseRetrieverInput & { base?: KnowledgeBase } = {}) {
    super(fields)
    this.#base = fields.base ?? new KnowledgeBase(null)
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const { similar } = await this.#base.find({ signature: null, lines: query.split('\n') }, '')
    return similar.map(
      (each) =>
        new Document({
          id: each.id,
          pageContent: caseText(each),
          metadata: {
            title: each.title,
            category: each.category,
            links: each.links,
            source: each.source,
            matched: each.matched,
          },
        }),
    )
  }
}

const toolInput = z.object({ error: z.string().min(1).max(4000).describe('the failing line of the log, as it stands') })

export class KnowledgeBaseTool extends StructuredTool<typeof toolInput> {
  static override lc_name(): string {
    return 'KnowledgeBaseTool'
  }

  name = 'knowledge_base'
  description = 'Looks up why a build, test or service failed with a given line, and what helps.'
  schema = toolInput
  readonly #retriever: KnowledgeRetriever

  constructor(base?: KnowledgeBase) {
    super()
    this.#retriever = new KnowledgeRetriever(base === undefined ? {} : { base })
  }

  protected override async _call({ error }: z.infer<typeof toolInput>): Promise<string> {
    const found = await this.#retriever.invoke(error)
    return found.length === 0 ? 'No case is known.' : found.map(({ pageContent }) => pageContent).join('\n\n')
  }
}

function caseText({ title, cause, fixes, links }: KnowledgeCase): string {
  const steps = fixes.map(({ action, command }) => `- ${action}${command === undefined ? '' : ` \`${command}\``}`)
  return [title, cause, ...steps, ...links.map(({ url }) => url)].join('\n')
}
