"""Pure rules: values in, values out. Imports only the standard library and phonenumbers."""
