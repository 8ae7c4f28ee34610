import type { Description, Shape } from "./description.ts";

const special = /[&<>"]/;
const escape = (text: string): string => (special.test(text) ? text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`) : text);
const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

/** A value of which `checkValue` found nothing wrong, as XML by its description. */
function contentOf(description: Description, value: unknown, shape: Shape): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return escape(String(value));
  const { member = {}, members = {} } = description.resolve(shape);
  let content = "";
  if (Array.isArray(value)) {
    for (const each of value) content += element(member.locationName ?? "member", contentOf(description, each, member));
    return content;
  }
  for (const [name, each] of Object.entries(value)) {
    const memberShape = members[name] ?? {};
    if (each !== undefined) content += element(memberShape.locationName ?? name, contentOf(description, each, memberShape));
  }
  return content;
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
