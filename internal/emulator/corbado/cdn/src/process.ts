// The published packages know no customDomain: their base URL is
// https://<projectId>.<suffix> until a stored process names another one. So the
// setting is honoured by storing an empty process that names it.

const key = (projectId: string) => `cbo_connect_process-${projectId}`;

/**
 * Makes customDomain the base URL of all Frontend API calls. A stored process
 * of the same base URL is kept, with its id and its cached decisions.
 */
export function useCustomDomain(projectId: string, customDomain: string) {
  // The packages join base URL and path by plain concatenation.
  const frontendApiUrl = customDomain.replace(/\/+$/, '');
  if (storedUrl(projectId) === frontendApiUrl) {
    return;
  }
  localStorage.setItem(
    key(projectId),
    JSON.stringify({ id: '', frontendApiUrl, loginData: null, appendData: null, manageData: null }),
  );
}

function storedUrl(projectId: string): string | undefined {
  const stored = localStorage.getItem(key(projectId));
  if (!stored) {
    return undefined;
  }
  try {
    return JSON.parse(stored).frontendApiUrl?.replace(/\/+$/, '');
  } catch {
    return undefined;
  }
}
