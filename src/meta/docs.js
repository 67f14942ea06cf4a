// An operation that needs no key and takes one is drawn without a lock.
const publicOperations = () => ({
  wrapComponents: {
    OperationSummary: (Original, { React }) => (props) => {
      const security = props.operationProps.get("security");
      const needsNone = security?.some((requirement) => requirement.size === 0);
      const operationProps = needsNone
        ? props.operationProps.set("security", security.clear())
        : props.operationProps;
      return React.createElement(Original, { ...props, operationProps });
    },
  },
});

// The document as a page. `validatorUrl: "none"`: by default it would be sent to a validator elsewhere.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: "none",
  plugins: [publicOperations],
});
