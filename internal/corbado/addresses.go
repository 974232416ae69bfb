package corbado

// Where Corbado Connect is, unless the configuration says otherwise (Corbado: Web
// UI Components, script API; Backend API reference).
const (
	// DefaultBackendAPI is the Backend API without /v2.
	DefaultBackendAPI = "https://backendapi.cloud.corbado.io"
	// DefaultFrontendAPI is what follows "<project id>." in the host of the
	// Frontend API.
	DefaultFrontendAPI = "frontendapi.cloud.corbado.io"
	// DefaultScript and DefaultStyle are the latest version of the components.
	DefaultScript = "https://cdn.cloud.corbado.io/connect/dist/web-js-latest.min.js"
	DefaultStyle  = "https://cdn.cloud.corbado.io/connect/dist/web-js-latest.min.css"
)
