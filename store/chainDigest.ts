import { digestFields, type Digest, type Field } from "../src/core/digest.ts";

/** What the first event of a root session is chained to. */
export const genesisDigest: Digest = digestFields(["dreamlog chain"]);

/** What a chain digest covers: the link before and everything in the event. */
export interface ChainLink {
  readonly previous: Digest;
  readonly session: string;
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly kind: string;
  readonly sourceTimeUs: number;
  readonly logTimeUs: number;
  readonly producer: Digest;
  readonly seed: string | null;
  readonly key: Digest | null;
  /** Of the payload's bytes. */
  readonly payload: Digest;
  readonly content: Digest;
  /**
   * Causes count by their own chain digests and not by position, so a session moves to another log
   * with its digests intact.
   */
  readonly causes: readonly Digest[];
}

/** Digest of one link. */
export function chainDigestOf(link: ChainLink): Digest {
  return digestFields(fieldsOf(link));
}

/** In the order in which they are digested. */
export function fieldsOf(link: ChainLink): readonly Field[] {
  return [
    link.previous,
    link.session,
    link.seq,
    link.id,
    link.type,
    link.version,
    link.kind,
    link.sourceTimeUs,
    link.logTimeUs,
    link.producer,
    link.seed,
    link.key,
    link.payload,
    link.content,
    ...link.causes,
  ];
}
