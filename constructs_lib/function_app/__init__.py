"""Function apps whose only way in is Easy Auth: hosting, keyless storage, slots and hardening."""
