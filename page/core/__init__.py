"""What all pages share: text, settings, state, errors, DOM patching."""
