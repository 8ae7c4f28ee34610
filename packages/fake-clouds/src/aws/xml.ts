import type { Description, Shape } from "./description.ts";

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

/** A value of which {@link checkValue} found nothing wrong, as XML by its description. */
function contentOf(description: Description, value: unknown, shape: Shape): string {
  const resolved = description.resolve(shape);
  if (Array.isArray(value)) return value.map((each) => element(resolved.member?.locationName ?? "member", contentOf(description, each, resolved.member ?? {}))).join("");
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return escape(String(value));
  return Object.entries(value).filter(([, member]) => member !== undefined).map(([name, member]) => {
    const memberShape = resolved.members?.[name] ?? {};
    return element(memberShape.locationName ?? name, contentOf(description, member, memberShape));
  }).join("");
}

/** The answer of an action in the EC2 Query protocol. */
export function ec2Answer(description: Description, action: string, value: unknown, requestId: string): string {
  const content = element("requestId", requestId) + contentOf(description, value, description.output(action).shape);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${description.metadata.xmlNamespace}/">${content}</${action}Response>`;
}

/** The answer of an action in the AWS Query protocol. */
export function queryAnswer(description: Description, action: string, value: unknown, requestId: string): string {
  const { shape } = description.output(action);
  const result = element(shape.resultWrapper ?? `${action}Result`, contentOf(description, value, shape));
  return `<${action}Response xmlns="${description.metadata.xmlNamespace}">${result}${element("ResponseMetadata", element("RequestId", requestId))}</${action}Response>`;
}

/** An error in the EC2 Query protocol. */
export function ec2Error(code: string, message: string, requestId: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("Response", element("Errors", element("Error", element("Code", escape(code)) + element("Message", escape(message)))) + element("RequestID", requestId))}`;
}

/** An error in the AWS Query protocol. */
export function queryError(code: string, message: string, requestId: string): string {
  return element("ErrorResponse", element("Error", element("Type", "Sender") + element("Code", escape(code)) + element("Message", escape(message))) + element("RequestId", requestId));
}
