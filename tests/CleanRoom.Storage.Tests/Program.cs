using System.Globalization;
using CleanRoom.Storage.Tests.Crashes;
using CleanRoom.Storage.Tests.Torture;
using Xunit.Runner.InProc.SystemConsole;

return args switch
{
    ["--write", var writer, var folder] => await Writers.RunAsync(writer, folder),
    ["--load", var place, var worker, var life] => await Load.RunAsync(place, worker, life),
    ["--torture", "sqlite" or "postgres", var rounds, var seed] =>
        await Campaign.RunAsync(args[1], int.Parse(rounds, CultureInfo.InvariantCulture), int.Parse(seed, CultureInfo.InvariantCulture)),
    _ => await ConsoleRunner.Run(args),
};
