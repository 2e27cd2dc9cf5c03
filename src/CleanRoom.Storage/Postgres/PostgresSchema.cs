using System.Globalization;
using System.Text;
using CleanRoom.Cryptography;
using Npgsql;

namespace CleanRoom.Storage.Postgres;

/// <summary>Tables of one kind of store, as steps that were released: a step never changes, a new version adds one.</summary>
/// <param name="kind">Ends the schema's name.</param>
/// <param name="steps">SQL that brings version i to i + 1.</param>
internal sealed class PostgresSchema(string kind, params string[] steps)
{
    public string Kind => kind;

    /// <summary>The newest version.</summary>
    public int Version => steps.Length;

    /// <summary>The tables as an earlier program knew them.</summary>
    public PostgresSchema At(int version) => new(kind, steps[..version]);

    /// <summary>Looks at the version, and brings it forward if that is allowed; all steps or none.</summary>
    /// <returns>The version found.</returns>
    /// <exception cref="StorageException">It is newer than this program, or older and may not be changed.</exception>
    public long Apply(NpgsqlConnection connection, string schema, bool migrate, string place)
    {
        var found = FindVersion(connection, schema);
        if (found > steps.Length)
        {
            throw new StorageException(
                StorageProblem.NewerThanProgram,
                string.Create(CultureInfo.InvariantCulture, $"{place} has version {found} and this program knows {steps.Length}: install the newer program."));
        }

        if (found == steps.Length)
        {
            return found;
        }

        if (!migrate)
        {
            throw new StorageException(
                StorageProblem.OlderThanProgram,
                string.Create(CultureInfo.InvariantCulture, $"{place} has version {found} and this program needs {steps.Length}: run \"cleanroom-admin store migrate\"."));
        }

        using var transaction = connection.BeginTransaction();

        // One lock for each schema: of two processes that start together one makes the tables, the other finds them.
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({LockKey(schema)})"));
        Execute(connection, $"CREATE SCHEMA IF NOT EXISTS {schema}");
        Execute(connection, $"CREATE TABLE IF NOT EXISTS {schema}.schema_version (kind text PRIMARY KEY, version bigint NOT NULL)");
        for (var version = FindVersion(connection, schema); version < steps.Length; version++)
        {
            Execute(connection, steps[version]);
        }

        Execute(
            connection,
            string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {schema}.schema_version VALUES ('{kind}', {steps.Length}) ON CONFLICT (kind) DO UPDATE SET version = {steps.Length}"));
        transaction.Commit();
        return found;
    }

    private static long FindVersion(NpgsqlConnection connection, string schema) =>
        Scalar(connection, $"SELECT to_regclass('{schema}.schema_version')::text") is string
            ? Scalar(connection, $"SELECT version FROM {schema}.schema_version") as long? ?? 0
            : 0;

    private static object? Scalar(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Constants of this assembly and a schema name that was checked character by character.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    private static void Execute(NpgsqlConnection connection, string sql) => _ = Scalar(connection, sql);

    private static long LockKey(string schema) =>
        BitConverter.ToInt64(Digest.Of(Encoding.ASCII.GetBytes("cleanroom/schema/" + schema)).Span);
}
