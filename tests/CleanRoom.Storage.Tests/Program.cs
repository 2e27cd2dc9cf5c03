using CleanRoom.Storage.Tests.Crashes;
using Xunit.Runner.InProc.SystemConsole;

return args is ["--write", var writer, var folder] ? await Writers.RunAsync(writer, folder) : await ConsoleRunner.Run(args);
