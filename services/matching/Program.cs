using CleanRoom.Matching;

return args is ["identity", .. var rest] ? IdentityCommand.Run(rest, Console.Out, Console.Error) : await MatchingHost.RunAsync(args);
