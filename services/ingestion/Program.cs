using CleanRoom.Ingestion;

return args is ["identity", ..]
    ? IdentityCommand.Run(args, Console.Out, Console.Error)
    : await IngestionHost.RunAsync(args);
