import { refusals, type Refusal } from '../refusals.ts';

/**
 * What a caller is told of an error of fastify, of its connection or of the runner.
 * @param code of the error
 */
export function refusalOfError(code: string | undefined): Refusal {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refusals.bodyTooLarge();
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return refusals.contentType();
    case 'RUNNER_UNAVAILABLE':
      return refusals.runnerUnavailable();
    case 'ECONNRESET':
      return refusals.requestAborted();
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return refusals.bodyJson();
    default:
      return refusals.internal();
  }
}
