/** Addresses at an endpoint. Its query, such as the version or the key of a gateway, is part of each of them. */

/** `path` follows the endpoint's own, such as `/models` after `/v1`. */
export const addressAt = (endpoint: string, path: string): string => {
  const url = new URL(endpoint);
  const [way, query] = path.split("?");
  url.pathname = `${url.pathname.replace(/\/$/, "")}${way}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  url.hash = "";
  return url.href;
};

/** `path` begins at the server's root, which is before `/v1`. */
export const addressAtRoot = (endpoint: string, path: string): string => {
  const url = new URL(endpoint);
  url.pathname = url.pathname.replace(/\/$/, "").replace(/\/v1$/, "");
  return addressAt(url.href, path);
};
