using CleanRoom.Admin;

return await AdminCommand.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
