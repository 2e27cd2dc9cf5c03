using System.Globalization;

namespace CleanRoom.Benchmarks;

/// <summary>Processor time of this process and of all that it started, by program; Linux.</summary>
internal static class Processors
{
    private const double TicksPerSecond = 100;

    public static Dictionary<string, double> Seconds()
    {
        var seconds = new Dictionary<string, double>(StringComparer.Ordinal);
        Add(Environment.ProcessId, seconds, "client");
        return seconds;
    }

    private static void Add(int process, Dictionary<string, double> seconds, string? name = null)
    {
        try
        {
            var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
            var stat = File.ReadAllText(folder + "/stat");

            // The name stands in parentheses and may have spaces; user and system time are the 12th and 13th field after it.
            var end = stat.LastIndexOf(')');
            var fields = stat[(end + 2)..].Split(' ');
            name ??= stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..end];
            seconds[name] = seconds.GetValueOrDefault(name)
                + ((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
            foreach (var thread in Directory.EnumerateDirectories(folder + "/task"))
            {
                foreach (var child in File.ReadAllText(thread + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    Add(int.Parse(child, CultureInfo.InvariantCulture), seconds);
                }
            }
        }
        catch (IOException)
        {
            // It has ended meanwhile.
        }
    }
}
