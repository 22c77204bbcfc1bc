/** Why a template could not be rendered with these values. */
export class RenderFailure extends Error {}
