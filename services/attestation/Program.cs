using CleanRoom.Attestation;

return args is ["identity", .. var rest]
    ? IdentityCommand.Run(rest, Console.Out, Console.Error)
    : await AttestationHost.RunAsync(args);
