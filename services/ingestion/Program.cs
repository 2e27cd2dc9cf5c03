using CleanRoom.Hosting;
using CleanRoom.Ingestion;

return args is ["identity", ..]
    ? IdentityCommand.Run(args, Console.Out, Console.Error)
    : await ServiceHost.RunAsync(args, static builder => builder.AddIngestion(), static app => app.MapIngestion());
