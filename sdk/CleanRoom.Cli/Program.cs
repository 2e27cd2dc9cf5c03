using CleanRoom.Cli.Commands;
using CleanRoom.Cli.Output;

return await Runner.RunAsync(CommandTree.Create(), args).ConfigureAwait(false);
