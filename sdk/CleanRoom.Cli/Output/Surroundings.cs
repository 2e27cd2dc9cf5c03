using CleanRoom.Records.Wording;

namespace CleanRoom.Cli.Output;

/// <summary>What the command line reads of its environment, here and nowhere else: the language, as POSIX orders the variables.</summary>
internal static class Surroundings
{
    public static string Language { get; } = Find();

    private static string Find()
    {
        var variables = Environment.GetEnvironmentVariables();
        return Words.LanguageOf(((string[])["LC_ALL", "LC_MESSAGES", "LANG"]).Select(name => variables[name] as string).FirstOrDefault(value => !string.IsNullOrEmpty(value)));
    }
}
