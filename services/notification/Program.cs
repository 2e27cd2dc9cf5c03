using CleanRoom.Notification;

return args is ["identity", ..]
    ? IdentityCommand.Run(args, Console.Out, Console.Error)
    : await NotificationHost.RunAsync(args);
